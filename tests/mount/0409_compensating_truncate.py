#!/usr/bin/env python3
"""After a failed asynchronous write the kernel truncates the file to the size it knew: that must not reset the zone.

A truncate that somebody asks for must.
"""
from zctest import *

CAPACITY = 3 * MIB
for options in ("", "strict"):
    image = Image(capacity=CAPACITY)
    fs = image.mount(options)
    # Runs over the capacity from an empty file, so that the size the kernel knew is 0. By default the kernel makes an error
    # of what is short; -o strict is exact.
    for number, length in enumerate((4 * MIB, CAPACITY + 4096, 8 * MIB)):
        data = pattern(length, number)
        with opened(fs.seq(number), O_RDWR | O_DIRECT) as fd:
            result = aio_result(Aio().write_now(fd, aligned(data), 0))
            check(result == CAPACITY or (not options and result in ("EIO", "EFBIG")), f"-o {options}: aio past the end: {result}")
            equal(os.fstat(fd).st_size, CAPACITY, f"-o {options}: size")
            same_bytes(read_direct(fd, length, 0), data[:CAPACITY], f"-o {options}: seq/{number}")
            equal(image.seq_zone(number).condition, "full", "zone")
            # By the same process and descriptor, but asked for.
            os.ftruncate(fd, 0)
            equal((os.fstat(fd).st_size, image.seq_zone(number).condition), (0, "empty"), "a wanted truncate")
            equal(os.pwrite(fd, aligned(4096), 0), 4096, "and it is writable")

    # From a file that is not empty.
    with opened(fs.seq(4), O_RDWR | O_DIRECT) as fd:
        os.pwrite(fd, aligned(MIB, 1), 0)
        result = aio_result(Aio().write_now(fd, aligned(4 * MIB, 2), MIB))
        check(result == 2 * MIB or (not options and result in ("EIO", "EFBIG")), f"-o {options}: aio past the end: {result}")
    same_bytes(content(fs.seq(4)), pattern(MIB, 1) + pattern(4 * MIB, 2)[:2 * MIB], "seq/4")

    # Refused altogether, from an empty and from a written file.
    with opened(fs.seq(5), O_RDWR | O_DIRECT) as fd:
        equal(aio_result(Aio().write_now(fd, aligned(4096), 8192)), "EINVAL")
        os.pwrite(fd, aligned(8192), 0)
        equal(aio_result(Aio().write_now(fd, aligned(4096), 4096)), "EINVAL")
        equal(aio_result(Aio().write_now(fd, aligned(100), 8192)), "EINVAL")
        equal(os.fstat(fd).st_size, 8192)
        equal(aio_result(Aio().write_now(fd, aligned(4096), CAPACITY)), "EFBIG")
        equal(os.fstat(fd).st_size, 8192)
    same_bytes(content(fs.seq(5)), pattern(8192), "seq/5")

    # Somebody else's truncate to 0 is obeyed right after a failed write.
    with opened(fs.seq(6), O_RDWR | O_DIRECT) as fd:
        Aio().write_now(fd, aligned(4 * MIB), 0)
        os.truncate(fs.seq(6), 0)
        equal(os.fstat(fd).st_size, 0, "truncate by path")
        Aio().write_now(fd, aligned(4 * MIB), 0)
        in_child(lambda: os.truncate(fs.seq(6), 0))
        equal(os.fstat(fd).st_size, 0, "truncate by another process")
    fs.unmount()
