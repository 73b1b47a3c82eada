#!/usr/bin/env python3
"""Super blocks that cannot be mounted: magic, checksum, features, owners, reserved bytes."""
from zonefs import *

MAGIC, CHECKSUM, FEATURES, UID, GID, PERM, RESERVED = 0, 4, 88, 96, 100, 104, 108


def super_block(changes=(), checksum=None):
    """A good one, with 32-bit numbers put at offsets."""
    block = bytearray(4096)
    for offset, value in [(MAGIC, 0x5A4F4653), (PERM, 0o640), *changes]:
        struct.pack_into("<I", block, offset, value)
    struct.pack_into("<I", block, CHECKSUM, zlib.crc32(block) ^ 0xFFFFFFFF if checksum is None else checksum)
    return bytes(block)


def after(block):
    device.write_super_block(block)
    return try_mount()


device.format()
row("a good one", "mounted", after, super_block())
row("nothing but zeros", "refused", after, bytes(4096))
row("another magic", "refused", after, super_block([(MAGIC, 0x5A4F4654)]))
row("a wrong checksum", "refused", after, super_block(checksum=1))
row("an unknown feature", "refused", after, super_block([(FEATURES, 16)]))
row("the user -1", "refused", after, super_block([(FEATURES, 2), (UID, 0xFFFFFFFF)]))
row("the user -1, without the feature", "mounted", after, super_block([(UID, 0xFFFFFFFF)]))
row("the group -1", "refused", after, super_block([(FEATURES, 4), (GID, 0xFFFFFFFF)]))
row("a reserved byte", "refused", after, super_block([(4092, 1)]))
