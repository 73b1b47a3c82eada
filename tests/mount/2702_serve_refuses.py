#!/usr/bin/env python3
"""zonecopy serve refuses what is wrong with one line, before anything is opened or listened on."""
from serving import *

image = Image(formatted=False)


def refuses(status, *words, arguments=(), devices=(image.path,), **keywords):
    with unchanged(image.path):
        return one_line(run("zonecopy", "serve", *devices, *arguments, **keywords), status, *words)


# Addresses that others reach need a word about who may connect.
for address in ("0.0.0.0", "0.0.0.0:0", "[::]:0", "192.0.2.1:4420"):
    refuses(2, "other machines", "--host-nqn", "--allow-any-host", arguments=("--listen", address))
for address in ("localhost", "127.0.0.1:", "127.0.0.1:70000", "[::1", "1.2.3", ""):
    refuses(2, "--listen", arguments=("--listen", address))
refuses(2, "exclude each other", arguments=("--host-nqn", "nqn.2014-08.org.example:a", "--allow-any-host"))

# Names.
refuses(2, "--nqn", arguments=("--nqn", "disk"))
refuses(2, "--nqn", "discovery", arguments=("--nqn", "nqn.2014-08.org.nvmexpress.discovery"))
refuses(2, "--nqn", arguments=("--nqn", "nqn.2014-08.org.example:" + "x" * 250))
refuses(2, "--host-nqn", arguments=("--host-nqn", ""))

# Limits.
refuses(2, "--max-queues", arguments=("--max-queues", "129"))
refuses(2, "--max-queue-depth", arguments=("--max-queue-depth", "8"))
refuses(2, "mssrl", arguments=("--mssrl", "65536", "--listen", "127.0.0.1:0"))
refuses(2, "256", arguments=("--msrc", "257", "--listen", "127.0.0.1:0"))
for option in ("--mdts", "--zasl"):
    refuses(2, "power of two", arguments=(option, "12K", "--listen", "127.0.0.1:0"))
    refuses(2, option, arguments=(option, "8G", "--listen", "127.0.0.1:0"))
refuses(2, "DEVICE", devices=())

# Devices.
refuses(1, "No such file", devices=(os.path.join(TMP, "nothing"),), arguments=("--listen", "127.0.0.1:0"))
conventional = Image(formatted=False, conventional=2)
refuses(2, "conventional", devices=(conventional.path,), arguments=("--listen", "127.0.0.1:0"))
refuses(1, "in use", devices=(image.path, image.path), arguments=("--listen", "127.0.0.1:0"))
mounted = Image()
fs = mounted.mount()
refuses(1, "in use", devices=(mounted.path,), arguments=("--listen", "127.0.0.1:0"))
fs.unmount()

# An address that is in use, and a device that is.
target = Target(image.path)
other = Image(formatted=False)
one_line(run("zonecopy", "serve", other.path, "--listen", target.address), 1, "Address already in use", target.address)
one_line(run("zonecopy", "serve", image.path, "--listen", "127.0.0.1:0"), 1, "in use")
equal(target.stop(), 0)
