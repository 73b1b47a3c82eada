#!/usr/bin/env python3
"""Names of devices across the network that are wrong, or lead nowhere: one line from every program, and nothing is left."""
from remote import *

in_own_mount_namespace()
helpers_in_sbin()

image = Image(formatted=False)
target = Target(image.path, "--nqn", NQN)
here = f"nvme-tcp://{target.address}/{NQN}"
point = os.path.join(TMP, "mnt")
os.mkdir(point)
other = Image()

import socket
with socket.socket() as closed:
    closed.bind(("127.0.0.1", 0))
    nobody = f"nvme-tcp://127.0.0.1:{closed.getsockname()[1]}/{NQN}?{WHO}"

PROGRAMS = {
    "zonecopyfs": lambda name: ("zonecopyfs", name, point),
    "mount": lambda name: ("mount", "-t", "zonecopyfs", name, point),
    "mkfs": lambda name: ("mkfs.zonecopyfs", name),
    "report": lambda name: ("zonecopy", "report", name),
    "copy from": lambda name: ("zonecopy", "copy", f"{name}#1", f"{other.path}#2"),
    "copy to": lambda name: ("zonecopy", "copy", file_with("data", pattern(8 * KIB)), f"{name}#1"),
    "clone from": lambda name: ("zonecopy", "clone", name, other.path),
    "clone to": lambda name: ("zonecopy", "clone", other.path, name),
    "serve": lambda name: ("zonecopy", "serve", "--listen", "127.0.0.1:0", name),
}
ROWS = [
    (f"nvme-tcp:///{NQN}", ("no host",)),
    (f"nvme-tcp://{target.address}", ("no NQN",)),
    (f"nvme-tcp://127.0.0.1:x/{NQN}", ("'x' is no port",)),
    (f"nvme-tcp://::1/{NQN}", ("brackets",)),
    (f"{here}?nsid=x&{WHO}", ("nsid=x", "number of a namespace")),
    (f"{here}?speed=1", ("no key 'speed'", "queue-depth")),
    (f"{here}?nsid=2&{WHO}", ("namespace", "2")),
    (f"{here}s?{WHO}", ("no subsystem",)),
    (f"{here}?secret=/nowhere&{WHO}", ("/nowhere", "No such file")),
    (nobody, ("refused",)),
]
with unchanged(image.path, other.path):
    for program_name, command in PROGRAMS.items():
        for name, words in ROWS:
            ended = run(*command(name))
            one_line(ended, (1, 2, 32), *words)
            check(ended.out == "", f"{program_name} {name}: {ended}")
    equal(os.path.ismount(point), False)

# A device is no zone file; and a folder that is called as a name is reached by "./".
one_line(run("zonecopy", "copy", f"{here}?{WHO}", f"{other.path}#2"), 1, "device", "name a zone of it")
folder = os.path.join(TMP, "nvme-tcp:", "h")
os.makedirs(folder)
shutil.copy(image.path, os.path.join(folder, "image"))
succeeds("zonecopy", "report", "./nvme-tcp:/h/image", cwd=TMP)
one_line(run("zonecopy", "report", "nvme-tcp://h/image?x", cwd=TMP), 1, "no key 'x'")
equal(target.stop(), 0)
