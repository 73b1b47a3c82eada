#!/usr/bin/env python3
"""Super blocks a mount refuses, with the kernel's messages."""
from zctest import *

image = Image(zones=4)
point = os.path.join(TMP, "point")
os.mkdir(point)
with open(image.path, "rb") as file:
    data = file.read()
offset = next(i for i in range(0, len(data), 4096) if data[i:i + 4] == struct.pack("<I", 0x5a4f4653))
good = data[offset:offset + 4096]


def changed(position, value, checksum=True):
    block = bytearray(good)
    block[position:position + len(value)] = value
    if checksum:
        block[4:8] = struct.pack("<I", zlib.crc32(bytes(block[:4]) + bytes(4) + bytes(block[8:])) ^ 0xffffffff)
    return bytes(block)


def number(feature_bits, uid=0, gid=0, perm=0o640):
    return struct.pack("<QIII", feature_bits, uid, gid, perm)


def store(block):
    with open(image.path, "r+b") as file:
        file.seek(offset)
        file.write(block)


REFUSED = [
    (changed(0, b"X"), ""),
    (bytes(4096), ""),
    (changed(10, b"damaged", checksum=False), "Invalid checksum (Expected 0x"),
    (changed(88, number(0x10)), "Unknown features set 0x10"),
    (changed(88, number(1 << 63)), "Unknown features set 0x8000000000000000"),
    (changed(88, number(2, uid=0xffffffff)), "Invalid UID feature"),
    (changed(88, number(4, gid=0xffffffff)), "Invalid GID feature"),
    (changed(108, b"\1"), "Reserved area is being used"),
    (changed(4095, b"\1"), "Reserved area is being used"),
]
for block, words in REFUSED:
    store(block)
    with unchanged(image.path):
        one_line(run("zonecopyfs", image.path, point), 1, words)
        check(not os.path.ismount(point), "mounted")

# Fields whose feature is off are ignored; the label is never looked at.
for block in (changed(88, number(0, uid=0xffffffff, gid=0xffffffff, perm=0o777)), changed(8, b"\xff" * 64)):
    store(block)
    fs = image.mount()
    state = os.stat(fs.seq(0))
    equal((state.st_uid, state.st_gid, oct(state.st_mode)), (0, 0, oct(0o100640)))
    fs.unmount()
