#!/usr/bin/env python3
"""mount.zonecopyfs -o remount: errors= and explicit-open change on a running mount, as with Linux 6.9."""
from zctest import *

image = Image(conventional=2, max_open=1, max_active=6)
fs = image.mount("errors=zone-ro")


def remount(options):
    return run("mount.zonecopyfs", image.path, fs.path, "-o", options)


def policy_in_force(number):
    """Breaks seq/<number> and sees what becomes of it."""
    write_direct(fs.seq(number), pattern(4096))
    image.set_seq(number, "read-only")
    refused("EIO EROFS", write_direct, fs.seq(number), pattern(4096))
    state = os.stat(fs.seq(number))
    try:
        os.close(os.open(fs.seq(9), O_WRONLY))
    except OSError:
        return "remount-ro"
    return "zone-offline" if state.st_size == 0 else "zone-ro or repair"


equal(remount("remount,errors=zone-offline").status, 0)
equal(policy_in_force(0), "zone-offline")
equal(remount("remount,rw,errors=repair").status, 0)
equal(policy_in_force(1), "zone-ro or repair")
# Without errors= it is remount-ro again; remount,rw lifts what that did.
equal(remount("remount,rw").status, 0)
equal(policy_in_force(2), "remount-ro")
eventually(fs.read_only_in_mount_table, True)
equal(remount("remount,rw,errors=repair").status, 0)
equal(fs.read_only_in_mount_table(), False)
equal(write_direct(fs.seq(3), pattern(4096)), 4096, "writable again")
refused("EPERM", os.open, fs.seq(2), O_WRONLY)

# explicit-open comes and goes.
equal(remount("remount,rw,errors=repair,explicit-open").status, 0)
with opened(fs.seq(4), O_WRONLY):
    equal(image.seq_zone(4).condition, "explicit-open")
    refused("EBUSY", os.open, fs.seq(5), O_WRONLY)
eventually(lambda: fs.accounting()[0], 0)
equal(remount("remount,rw,errors=repair").status, 0)
with opened(fs.seq(4), O_WRONLY), opened(fs.seq(5), O_WRONLY):
    equal(image.seq_zone(4).condition, "empty")
eventually(lambda: fs.accounting()[0], 0)
