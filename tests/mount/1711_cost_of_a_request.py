#!/usr/bin/env python3
"""One request costs few heap allocations and system calls. Counted, not timed.

Allocations are counted in a build without ASan only (tests/run has both).
"""
from zctest import *

need_program("strace")
HERE_BENCH = os.path.join(HERE, "..", "bench")
counter = file_with("allocations", bytes(8))
wrapper = ()
if not ASAN:
    wrapper = ("env", f"LD_PRELOAD={os.path.join(BIN, 'liballocation_counter.so')}", f"ZONECOPY_ALLOCATION_COUNT={counter}")
fs = Image(zones=3, zone_size=256 * MIB).mount(wrapper=wrapper)
ended = must(os.path.join(HERE_BENCH, "request_cost"), "--pid", fs.pid, "--allocations", "none" if ASAN else counter, fs.seq(0))
print(ended.out, flush=True)
MOST = {"1 MiB write": (3, 6.5), "4 KiB random read": (3, 3.2)}
for line in ended.out.splitlines()[1:]:
    title, allocations, calls = re.fullmatch(r"(.+?)\s+(\S+)\s+(\S+)", line).groups()
    most_allocations, most_calls = MOST.pop(title)
    check(ASAN or float(allocations) <= most_allocations, f"{title}: {allocations} allocations, at most {most_allocations} are wanted")
    check(float(calls) <= most_calls, f"{title}: {calls} system calls, at most {most_calls} are wanted")
equal(MOST, {}, "not counted")
fs.unmount()
