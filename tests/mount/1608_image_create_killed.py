#!/usr/bin/env python3
"""zonecopy image create that is killed at any of its system calls leaves a whole image, or nothing; a limit on the size
of files, or nowhere to print to, is an error."""
from zctest import *

need_program("strace")
folder = os.path.join(TMP, "folder")
os.mkdir(folder)
path = os.path.join(folder, "image")
CREATE = ("zonecopy", "image", "create", path, "--size", "64MiB", "--zone-size", "4MiB")
environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")  # strace and the leak checker both want to trace
killed = 0
for call in ("ftruncate", "pwrite64", "fsync", "linkat", "openat"):
    for number in range(1, 40):
        ended = run("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}",
                    *CREATE, env=environment)
        left = os.listdir(folder)
        if ended.status == 0:
            break
        killed += 1
        if left:
            equal(left, ["image"], f"killed at {call} {number}")
            equal(len(report(path)), 16, f"killed at {call} {number}: what is left is no image")
            os.unlink(path)
    if os.path.exists(path):
        os.unlink(path)
check(killed > 5, f"killed {killed} times only: nothing is tested")

def limited():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
    one_line(run(*CREATE), 1, "File too large")
    equal(os.listdir(folder), [])


in_child(limited)
