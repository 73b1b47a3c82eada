#!/usr/bin/env python3
"""A compaction that is killed, or gets an error, at each of its steps in turn: nothing is lost, and a second run finishes exactly."""
from compacting import *
from zctest import *

need_program("strace")
# What changes anything, and what takes the place of it. No reads, and no write(2), which sanitizers call by themselves: whatever is
# written to a file is followed by an fsync(2).
STEPS = "fsync,fdatasync,renameat,renameat2,rename,unlink,flock,truncate,ftruncate,ioctl,copy_file_range,pwrite64"
# One round of a zone that is dead, one that fills the only empty zone, one that goes on in it and in the next.
LIVE = {0: [], 1: [(0, 3), (9, 12)], 2: [(5, 18)], 3: [(10, 20), (1, 2)]}
image = Image(zones=7, zone_size=128 * KIB, max_active=2)
fs = image.mount()


def traced(zones, inject):
    """The command, with something done to one of its system calls."""
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    return run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={STEPS}", "-e", f"inject={STEPS}:{inject}",
               *zones.command(), env=environment)


def steps_of(zones):
    """How many of these calls a whole run makes."""
    log = f"{TMP}/calls"
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    equal(run("strace", "-f", "-qq", "-o", log, "-e", f"trace={STEPS}", *zones.command(), env=environment).status, 0)
    with open(log, encoding="utf-8", errors="replace") as file:
        return sum("(" in line for line in file)


zones = Zones(fs, LIVE, others=[4])
count = steps_of(zones)
zones.check_finished("not interfered with")
zones.forget()
print(f"{count} steps", flush=True)
check(count > 30, "the steps are seen")

for inject, stride in (("signal=KILL", 1), ("error=ENOSPC", 2), ("signal=INT", 5)):
    for step in range(1, count + 1, stride):
        what = f"{inject} at step {step} of {count}"
        zones = Zones(fs, LIVE, seed=step, others=[4])
        ended = traced(zones, f"{inject}:when={step}")
        zones.check_nothing_lost(what)
        if inject.startswith("error"):
            check(ended.status in (0, 1), f"{what}: {ended}")
            equal(len(ended.err.splitlines()), ended.status, f"{what}: one line, where it failed: {ended}")
        else:
            check(ended.status in (0, -signal.SIGKILL, -signal.SIGINT), f"{what}: {ended}")
        # Where the map is written and the plan is gone there is nothing left to finish.
        if os.path.exists(zones.plan_path) or not os.path.exists(zones.map_path):
            second = zones.compact()
            equal(second.status, 0, f"{what}: the second run: {second}")
        zones.check_finished(what)
        zones.forget()
fs.unmount()
