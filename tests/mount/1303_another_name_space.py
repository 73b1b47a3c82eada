#!/usr/bin/env python3
"""A mount that lives on in another mount name space does not keep its daemon from ending when it is told to."""
from zctest import *

need_program("unshare")
image = Image()
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
stays = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", "echo ready; read line"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
equal(stays.stdout.readline(), b"ready\n")
os.kill(fs.pid, signal.SIGTERM)
fs.wait_for_end()
check(not os.path.ismount(fs.path), "still mounted here")
stays.communicate(b"\n")

# The other way round: the daemon's own name space is gone from sight, as with a service that has one to itself.
inside = os.path.join(TMP, "inside")
os.mkdir(inside)
must("unshare", "-m", "--propagation", "private", "zonecopyfs", image.path, inside)
fs.path = inside
fs.found_again()
os.kill(fs.pid, signal.SIGTERM)
fs.wait_for_end()
fs = image.mount()
same_bytes(content(fs.seq(0)), pattern(4096), "seq/0")
