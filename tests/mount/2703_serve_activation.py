#!/usr/bin/env python3
"""zonecopy serve as a service: sockets that a service manager passes on, and what it is told."""
import socket

from nvme_host import *
from serving import *

image = Image(formatted=False)


def listening():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def start(listeners, pid_of=None, **keywords):
    """Through a shell, which knows its own number and becomes the program."""
    script = f'LISTEN_PID={pid_of or "$$"} exec zonecopy serve "$0"'
    for number, listener in enumerate(listeners):
        os.set_inheritable(listener.fileno(), True)
        script += f" {3 + number}<&{listener.fileno()}"
    environment = {**os.environ, "LISTEN_FDS": str(len(listeners)), **keywords.pop("environment", {})}
    return subprocess.Popen(["bash", "-c", script, image.path], pass_fds=[each.fileno() for each in listeners], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **keywords)


# Two sockets, and a manager that listens to what it is told.
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(os.path.join(TMP, "notify"))
manager.settimeout(waiting.HANG_LIMIT_SECONDS)
listeners = [listening(), listening()]
serving = start(listeners, environment={"NOTIFY_SOCKET": manager.getsockname()})
equal(manager.recv(100), b"READY=1")
ready = [serving.stdout.readline().split() for _ in listeners]
equal([line[2] for line in ready], [f"127.0.0.1:{each.getsockname()[1]}" for each in listeners])
for listener in listeners:
    with Host(listener.getsockname()[1], ready[0][0]) as host:
        equal(len(host.admin.identify(1)), 4096)
serving.terminate()
equal(manager.recv(100), b"STOPPING=1")
equal(serving.wait(waiting.HANG_LIMIT_SECONDS), 0)

# Variables that are for another process are not looked at: the usual address, unless that is taken.
serving = start([listening()], pid_of=1)
line = serving.stdout.readline()
if line:
    equal(line.split()[2], "127.0.0.1:4420")
serving.terminate()
check(serving.wait(waiting.HANG_LIMIT_SECONDS) == 0 or "already in use" in serving.stderr.read(), "no sockets of its own")

# What is no socket that listens.

def ends(status, *words, sockets):
    ended = start(sockets)
    _, err = ended.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
    one_line(Ended(ended.returncode, "", err), status, *words)


ends(2, "descriptor 3", sockets=[socket.socket()])
ends(2, "descriptor 3", sockets=[socket.socket(socket.AF_UNIX)])
everywhere = socket.socket()
everywhere.bind(("0.0.0.0", 0))
everywhere.listen()
ends(2, "other machines", sockets=[everywhere])
