#!/usr/bin/env python3
"""A clone that is killed at every second of its system calls, or gets an error at some: it is no file system before it is complete, and
--resume makes it so."""
from cloning import *
from zctest import *

need_program("strace")
# What changes anything: the copies of images, which are system calls or go through the ring, and what images write themselves.
STEPS = "fsync,fdatasync,ftruncate,fallocate,ioctl,copy_file_range,pwrite64,io_uring_enter"
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
FEW = {"zones": 9, "zone_size": 128 * KIB, "conventional": 2, "max_open": 2, "max_active": 3}


def traced(*options, log="/dev/null"):
    return run("strace", "-f", "-qq", "-o", log, "-e", f"trace={STEPS}", *options, "zonecopy", "clone", source.path, target.path,
               env=ENVIRONMENT)


def steps_of(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        return sum("(" in line for line in file)


for directory in places():
    source = disk(directory, **FEW)
    fill(source, zones=2)
    target = empty_disk(directory, **FEW)
    equal(traced(log=f"{TMP}/calls").status, 0)
    count = steps_of(f"{TMP}/calls")
    check(count > 20, f"the steps are seen: {count}")
    check_same(source, target, "not interfered with")
    os.unlink(target.path)
    states = [zone.written for zone in source.report()]
    # One image shares extents, and the steps of one that does not are those of the other.
    strides = ((("signal=KILL", 2), ("error=EIO", 12)) if directory == TMP else (("signal=KILL", 11),))
    for inject, stride in strides:
        for step in range(random.randint(1, stride), count + 1, stride):
            what = f"{inject} at step {step} of {count}"
            target = empty_disk(directory, **FEW)
            ended = traced("-e", f"inject={STEPS}:{inject}:when={step}")
            check(ended.status in (0, 1, -signal.SIGKILL), f"{what}: {ended}")
            # It is killed before the call; what was begun in the ring may have been done.
            complete = super_block(target.path) is not None
            with unchanged(source.path):
                last = run("zonecopy", "clone", source.path, target.path, "--resume", "--verify", "--json")
            check(last.status == 0, f"{what}: {last}")
            told = json.loads(last.out)
            check(not complete or told["bytes"] == 0, f"{what}: a file system that was not complete: {told}")
            equal((told["verified"], [zone.written for zone in target.report()]), (True, states), what)
            os.unlink(target.path)
    print(f"{directory}: {count} steps", flush=True)
