#!/usr/bin/env python3
"""Copies from any device of a mount to any other: copy_file_range(2), cp, gathers; odd bytes; counted by path and by pair."""
from gathering import *

images = [Image(conventional=2), Image(zones=6, zone_size=8 * MIB, capacity=6 * MIB), Image(zones=8, zone_size=2 * MIB)]
small_blocks = Image(block=512)
fs = Mount([*images, small_blocks], "tail=pad")
devices = [fs.device(number) for number in range(4)]
data = pattern(MIB + 3 * 4096)
for device in devices:
    write_direct(device.seq(0), data)

file = 1
for source in devices[:3]:
    for target in devices[:3]:
        copy_all_of(source.seq(0), target.seq(file), len(data))
        same_bytes(content(target.seq(file)), data, f"{source.path} to {target.path}")
        succeeds("cp", source.seq(0), target.seq(4))
        same_bytes(content(target.seq(4)), data, f"cp {source.path} to {target.path}")
        os.truncate(target.seq(4), 0)
    file += 1


def pairs(device):
    found = {}
    for part in device.counter("bytes_from").split("; "):
        name, numbers = part.split(": ")
        found[name] = sum(int(word.split()[1]) for word in numbers.split(", "))
    return found


for device in devices[:3]:
    equal(pairs(device), {str(number): 2 * len(data) for number in range(3)}, f"bytes to {device.path}, by source")
    total = sum(device.counter(f"bytes_{path}") for path in COPY_PATHS)
    equal(total, 6 * len(data), "and by path")
equal(devices[3].counter("bytes_from"), "")

# Any bytes, as within a device.
os.truncate(devices[1].seq(1), 0)
equal(copy_paths(devices[0].seq(0), devices[1].seq(1), 12345, 777), 12345)
same_bytes(content(devices[1].seq(1))[:12345], data[777:777 + 12345], "odd bytes from another device")
with opened(devices[0].cnv(0), O_RDWR) as conventional:
    os.pwrite(conventional, data, 5)
equal(copy_paths(devices[0].cnv(0), devices[2].seq(5), 100000, 5), 100000)
same_bytes(content(devices[2].seq(5))[:100000], data[:100000], "from a conventional zone")
equal(copy_paths(devices[2].seq(0), devices[0].cnv(0), 70000, 0, 3), 70000)
with opened(devices[0].cnv(0), O_RDONLY) as conventional:
    same_bytes(os.pread(conventional, 70000, 3), data[:70000], "to a conventional zone")

# Blocks of another size: refused, and told why; cp reads and writes.
for source, target in ((devices[0], devices[3]), (devices[3], devices[0])):
    refused("EINVAL", copy_paths, source.seq(0), target.seq(6), 4096)
    equal(os.stat(target.seq(6)).st_size, 0)
    check("512" in target.counter("last_fallback"), f"the reason: {target.counter('last_fallback')}")
    succeeds("cp", source.seq(0), target.seq(6))
    same_bytes(content(target.seq(6)), data, "cp between block sizes")

# A gather takes its ranges from all devices, and says where it could not.
with opened(devices[1].seq(4), O_RDWR) as target:
    ranges = [(device.seq(0), 4096 * step, 4096) for step in range(8) for device in devices[:3]]
    answer = gather(target, ranges)
    equal((answer.errno, answer.bytes, answer.failed), (None, 24 * 4096, 24))
    same_bytes(content(devices[1].seq(4)), b"".join(data[at:at + 4096] for _, at, _ in ranges), "gathered")
    answer = gather(target, [(devices[0].seq(0), 0, 4096), (devices[3].seq(0), 0, 4096)])
    equal((answer.errno, answer.bytes, answer.failed), ("EINVAL", 0, 1))
    check("512" in answer.reason, f"why: {answer.reason}")
    answer = gather(target, [(os.stat(devices[0].seq(0)).st_ino & (1 << 40) - 1, 0, 4096)])
    equal((answer.errno, answer.failed), ("ENOENT", 0), "an inode without its device")


# What the caller could not open is not gathered, though the ioctl knows files by their numbers only.
os.chmod(devices[1].seq(4), 0o666)
for device in devices[:2]:
    os.chmod(device.seq(0), 0o644)


def gathers_as_nobody(expected):
    def try_it():
        with opened(devices[1].seq(4), O_RDWR) as target:
            equal(gather(target, [(inode, 0, 4096)]).errno, expected)
    inode = os.stat(devices[0].seq(0)).st_ino
    as_nobody(try_it)


os.chmod(TMP, 0o755)
gathers_as_nobody(None)
os.chmod(devices[0].path, 0o500)
gathers_as_nobody("EACCES")
os.chmod(devices[0].path, 0o555)
gathers_as_nobody(None)

# In opposite directions at once, onto the same pair of files' devices.
for device in devices[:2]:
    os.truncate(device.seq(3), 0)
    os.truncate(device.seq(2), 0)


def back_and_forth(source, target):
    for _ in range(20):
        copy_all_of(source.seq(0), target.seq(3), 65536)
        os.truncate(target.seq(3), 0)


at_once(lambda: back_and_forth(devices[0], devices[1]), lambda: back_and_forth(devices[1], devices[0]))
