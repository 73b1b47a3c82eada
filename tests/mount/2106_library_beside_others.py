#!/usr/bin/env python3
"""Others write to the destination of a gather meanwhile: what they wrote never counts as copied."""
from gather_library import *

BLOCK = 4096
STEP = 25 * BLOCK
RATE = f"--rate={10 * STEP}"
fs, other = Image().mount(), Image().mount()
data, strange = pattern(2 * STEP, 1), pattern(2 * STEP, 2)
plain = file_with("plain", data)
write_direct(fs.seq(0), data)
write_direct(other.seq(0), data)
earlier = (sys.executable, os.path.join(HERE, "without_gather.py"))

# Another process appends between two steps, as much as is still to be copied.
for number, (name, mode, wrapper) in enumerate([(plain, AUTO, ()), (plain, EMULATE, ()), (other.seq(0), AUTO, ()),
                                                (fs.seq(0), AUTO, ()), (fs.seq(0), AUTO, earlier)], 1):
    zone = fs.seq(number)
    result = gather_around(lambda: write_direct(zone, strange), mode, RATE, source(name, 0, 2 * STEP), "--", zone,
                           wrapper=wrapper)
    equal((errno_name(result["error"]), result["failed_range"]), ("EINVAL", 0), f"{number}: {result}")
    check(0 < result["bytes"] < 2 * STEP, f"{number}: the first step only: {result}")
    same_bytes(content(zone), data[:result["bytes"]] + strange, f"{number}: what is there")

# The zone is reset between two steps: nothing goes behind a gap.
for number, (name, mode, wrapper) in enumerate([(plain, AUTO, ()), (plain, EMULATE, ()), (other.seq(0), AUTO, ()),
                                                (fs.seq(0), AUTO, ()), (fs.seq(0), AUTO, earlier)], 1):
    zone = fs.seq(number)
    os.truncate(zone, 0)
    for length in (2 * STEP, STEP + 100):
        result = gather_around(lambda: os.truncate(zone, 0), mode, RATE, source(name, 0, length), "--", zone,
                               wrapper=wrapper)
        equal((errno_name(result["error"]), result["failed_range"]), ("EINVAL", 0), f"{number}: {result}")
        equal(os.path.getsize(zone), 0, f"{number}: {length} bytes, beside a reset")

# So with a descriptor of somebody who may not open the file himself, and thus not for direct writes.
open_to_all = Image().mount("allow_other,default_permissions")
zone = open_to_all.seq(0)
os.chmod(zone, 0o600)
os.chmod(plain, 0o644)
os.chmod(TMP, 0o755)
with opened(zone, O_RDWR) as fd:
    result = gather_around(lambda: os.truncate(zone, 0), RATE, source(plain, 0, 2 * STEP), "--", f"fd:{fd}",
                           pass_fds=[fd], user=65534, group=65534, extra_groups=[])
equal((errno_name(result["error"]), os.path.getsize(zone)), ("EINVAL", 0), f"by a descriptor: {result}")

# Many append one block each to one zone: as many succeed as there are blocks.
blocks = [pattern(BLOCK, 100 + number) for number in range(40)]
names = [file_with(f"block{number}", block) for number, block in enumerate(blocks)]
for round_number in range(3):
    zone = fs.seq(7 + round_number)
    running = [subprocess.Popen([program("zonecopy"), "copy", name, zone], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE) for name in names]
    deadline = waiting.Deadline()
    said = [one.communicate(timeout=deadline.left_seconds())[1] for one in running]
    statuses = [one.returncode for one in running]
    check(b"cross-device" not in b"".join(said), f"what the kernel refuses is read and written: {said}")
    held = content(zone)
    there = sorted(held[start:start + BLOCK] for start in range(0, len(held), BLOCK))
    succeeded = sorted(block for block, status in zip(blocks, statuses) if status == 0)
    equal(there == succeeded, True, f"{len(there)} blocks are there, {len(succeeded)} said that theirs is")
    check(succeeded, "one at least came first")
