#!/usr/bin/env python3
"""The super block mkfs writes is byte for byte that of mkzonefs."""
from zctest import *

MAGIC = 0x5a4f4653


def super_block(image):
    """The 4096 bytes at the device's byte 0, wherever the image keeps them."""
    with open(image.path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        for offset in range(0, len(data), 4096):
            if data[offset:offset + 4] == struct.pack("<I", MAGIC):
                return data[offset:offset + 4096]
    fail("there is no super block in the image")
    sys.exit(1)


def fields(block):
    names = ("magic", "crc", "label", "uuid", "features", "uid", "gid", "perm")
    return dict(zip(names, struct.unpack_from("<II64s16sQIII", block)))


UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"
TABLE = [
    ((), {"features": 0, "uid": 0, "gid": 0, "perm": 0o640, "label": b""}),
    (("-o", "aggr_cnv"), {"features": 1}),
    (("-o", "uid=1000"), {"features": 2, "uid": 1000, "gid": 0}),
    (("-o", "gid=77"), {"features": 4, "gid": 77, "uid": 0}),
    (("-o", "perm=0600"), {"features": 8, "perm": 0o600}),
    (("-o", "perm=444"), {"features": 8, "perm": 0o444}),
    (("-o", "aggr_cnv,uid=1,gid=2,perm=777"), {"features": 15, "uid": 1, "gid": 2, "perm": 0o777}),
    (("-o", "aggr_cnv,,uid=0"), {"features": 3, "uid": 0}),
    (("-o", "uid="), {"features": 2, "uid": 0}),
    (("-o", "perm="), {"features": 8, "perm": 0}),
    (("-L", "my disk"), {"label": b"my disk"}),
    (("-L", "x" * 64), {"label": b"x" * 64}),
    (("-L", ""), {"label": b""}),
    (("--uuid", UUID), {"uuid": bytes(range(16))}),
]

image = Image(zones=4, formatted=False)
for options, expected in TABLE:
    must("mkfs.zonecopyfs", "-f", *options, image.path)
    block = super_block(image)
    got = fields(block)
    for name, value in expected.items():
        equal(got[name].rstrip(b"\0") if name == "label" else got[name], value, f"mkfs {' '.join(options)}: {name}")
    equal(got["magic"], MAGIC)
    equal(got["crc"], zlib.crc32(block[:4] + bytes(4) + block[8:]) ^ 0xffffffff, f"mkfs {' '.join(options)}: crc")
    check(not block[108:].strip(b"\0"), "reserved bytes are zero")

# The vector of the specification: that uuid, all else default.
must("mkfs.zonecopyfs", "-f", "--uuid", UUID, image.path)
equal(hex(fields(super_block(image))["crc"]), "0x368fdb09", "crc of the test vector")

# Without --uuid each is a new random one, of version 4.
seen = set()
for _ in range(3):
    must("mkfs.zonecopyfs", "-f", image.path)
    uuid = fields(super_block(image))["uuid"]
    equal((uuid[6] >> 4, uuid[8] >> 6), (4, 2), "uuid version and variant")
    seen.add(uuid)
equal(len(seen), 3, "different uuids")
