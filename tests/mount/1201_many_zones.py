#!/usr/bin/env python3
"""100 000 zones: mounted, listed, used and unmounted, at no more than 100 bytes of memory a zone."""
from zctest import *

ZONES = 100_000


def resident(fs):
    with open(f"/proc/{fs.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024


small = Image(zones=4, zone_size=64 * KIB).mount()
empty = resident(small)
small.unmount()

image = Image(zones=ZONES, zone_size=64 * KIB)
started = time.monotonic()
fs = image.mount()
print(f"mounted in {time.monotonic() - started:.2f} s")
mounted = resident(fs)
print(f"{(mounted - empty) / ZONES:.1f} bytes a zone after the mount ({empty >> 10} KiB, {mounted >> 10} KiB)")

started = time.monotonic()
equal(must("sh", "-c", f"ls -U {fs.path}/seq | wc -l").out.strip(), str(ZONES - 1))
print(f"listed in {time.monotonic() - started:.2f} s")
equal(os.stat(fs / "seq").st_size, ZONES - 1)
last = ZONES - 2
refused("ENOENT", os.stat, fs.seq(last + 1))
equal(os.stat(fs.seq(last)).st_ino, ZONES - 1)
for number in (0, 1, 50_000, last):
    equal(write_direct(fs.seq(number), pattern(64 * KIB, number)), 64 * KIB)
    same_bytes(content(fs.seq(number)), pattern(64 * KIB, number), f"seq/{number}")
equal(copy_paths(fs.seq(last), fs.seq(7), 64 * KIB), 64 * KIB)

# Every file looked up: the daemon keeps nothing for a name.
started = time.monotonic()
with os.scandir(fs / "seq") as entries:
    total = sum(entry.stat().st_size for entry in entries)
equal(total, 5 * 64 * KIB)
print(f"stat of all in {time.monotonic() - started:.2f} s")
used = resident(fs)
print(f"{(used - empty) / ZONES:.1f} bytes a zone after all were looked up ({used >> 10} KiB)")
if ASAN or built_with("tsan"):
    print("memory is not judged: this build has a sanitizer")
else:
    check(mounted - empty <= 100 * ZONES, f"{(mounted - empty) / ZONES:.1f} bytes a zone after the mount")

started = time.monotonic()
fs.unmount()
print(f"unmounted in {time.monotonic() - started:.2f} s")
fs = image.mount(point=fs.path)
same_bytes(content(fs.seq(7)), pattern(64 * KIB, last), "after a new mount")
