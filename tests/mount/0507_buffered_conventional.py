#!/usr/bin/env python3
"""Conventional files take ordinary writes anywhere, of any length."""
from zctest import *

for block in (4096, 512):
    for options in ("", "strict"):
        fs = Image(conventional=3, block=block).mount(options)
        size = 4 * MIB
        expected = bytearray(size)
        randomly = random.Random(block)
        with opened(fs.cnv(0), O_RDWR) as fd:
            pieces = [(3, 5000), (1, 0), (1, size - 1), (block, 0), (MIB + 1, block - 1), (2 * block, 77)]
            pieces += [(randomly.randrange(1, 20000), randomly.randrange(size - 20000)) for _ in range(60)]
            for step, (length, offset) in enumerate(pieces):
                data = pattern(length, step)
                equal(os.pwrite(fd, data, offset), length, f"{length} bytes at {offset}")
                expected[offset:offset + length] = data
            equal(os.pwrite(fd, pattern(100, 1), size - 10), 10, "short at the end")
            expected[size - 10:] = pattern(100, 1)[:10]
            refused("EFBIG", os.pwrite, fd, b"x", size)
            refused("EFBIG", os.pwrite, fd, b"x", 1 << 40)
            equal(os.fstat(fd).st_size, size)
            same_bytes(os.pread(fd, size, 0), bytes(expected), "before fsync")
            os.fsync(fd)
        same_bytes(content(fs.cnv(0)), bytes(expected), "cnv/0")
        same_bytes(content(fs.cnv(1)), bytes(size), "cnv/1")
        fs = fs.again()
        same_bytes(content(fs.cnv(0)), bytes(expected), "after a new mount")
        fs.unmount()

# Neighbours within one block do not lose each other's bytes.
fs = Image(conventional=2).mount()


def every_fourth_byte(first):
    with opened(fs.cnv(0), O_WRONLY) as fd:
        for offset in range(first, 4096, 4):
            os.pwrite(fd, bytes([first + 1]), offset)


at_once(*(lambda first=first: every_fourth_byte(first) for first in range(4)))
with opened(fs.cnv(0), O_RDONLY) as fd:
    same_bytes(os.pread(fd, 4096, 0), b"\1\2\3\4" * 1024, "written by four processes")
ended = run("dd", f"if={file_with('data', pattern(100001))}", f"of={fs.cnv(0)}", "bs=777", "seek=11", "conv=notrunc")
equal(ended.status, 0, f"dd with an odd block size: {ended}")
with opened(fs.cnv(0), O_RDONLY) as fd:
    same_bytes(os.pread(fd, 100001, 777 * 11), pattern(100001), "dd")
# cp onto it means O_TRUNC, which changes nothing; what is behind the copied stays.
with opened(fs.cnv(0), O_RDONLY) as fd:
    behind = os.pread(fd, 4 * MIB, 100001)
equal(run("cp", os.path.join(TMP, "data"), fs.cnv(0)).status, 0, "cp")
same_bytes(content(fs.cnv(0)), pattern(100001) + behind, "after cp")
