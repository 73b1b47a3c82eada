#!/usr/bin/env python3
"""copy_file_range between sequential files: to an empty file and to the write pointer, whole and in part."""
from zctest import *

for directory in places():
    for block in (4096, 512):
        for options in ("", "copy=emulate"):
            image = Image(directory=directory, block=block, zone_size=8 * MIB, zones=6)
            fs = image.mount(options)
            source = pattern(3 * MIB + 5 * block)
            write_direct(fs.seq(0), source)
            what = f"{directory}, block {block}, -o {options}"
            # At 0, then at the write pointer; from the start, the middle and the end of the source.
            expected = b""
            for offset, length in ((0, block), (block, 7 * block), (0, MIB), (MIB - block, MIB + 2 * block),
                                   (len(source) - block, block), (3 * block, 3 * MIB)):
                got = copy_paths(fs.seq(0), fs.seq(1), length, offset, len(expected))
                equal(got, length, f"{what}: {length} bytes from {offset}")
                expected += source[offset:offset + length]
                equal(os.stat(fs.seq(1)).st_size, len(expected), f"{what}: size")
            same_bytes(content(fs.seq(1)), expected, f"{what}: seq/1")
            # With the descriptors' own positions.
            with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(2), O_WRONLY) as fd_out:
                os.lseek(fd_in, 2 * block, os.SEEK_SET)
                equal(os.copy_file_range(fd_in, fd_out, 4 * block), 4 * block)
                equal(os.copy_file_range(fd_in, fd_out, 4 * block), 4 * block)
                equal((os.lseek(fd_in, 0, os.SEEK_CUR), os.lseek(fd_out, 0, os.SEEK_CUR)), (10 * block, 8 * block), "positions")
            same_bytes(content(fs.seq(2)), source[2 * block:10 * block], f"{what}: seq/2")
            # A writer goes on where the copy ended, a copy where the writer did.
            equal(write_direct(fs.seq(2), pattern(block, 5)), block)
            equal(copy_paths(fs.seq(0), fs.seq(2), 2 * block, 0, 9 * block), 2 * block)
            mixed = source[2 * block:10 * block] + pattern(block, 5) + source[:2 * block]
            same_bytes(content(fs.seq(2)), mixed, f"{what}: copies and writes")
            equal(image.seq_zone(2).written, len(mixed), f"{what}: write pointer")
            fs = fs.again()
            same_bytes(content(fs.seq(1)), expected, f"{what}: seq/1 after a new mount")
            same_bytes(content(fs.seq(2)), mixed, f"{what}: seq/2 after a new mount")
            # Extents may be shared: a reset of the source leaves the copy as it is, and the other way round.
            os.truncate(fs.seq(0), 0)
            same_bytes(content(fs.seq(1)), expected, f"{what}: seq/1 after the source was reset")
            write_direct(fs.seq(0), pattern(MIB, 8))
            same_bytes(content(fs.seq(1)), expected, f"{what}: seq/1 after the source was written anew")
            fs.unmount()
            os.unlink(image.path)
