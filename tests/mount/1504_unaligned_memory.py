#!/usr/bin/env python3
"""Long reads and writes from memory that begins inside a page, which the kernel cuts inside a block: one call, all of it."""
from zctest import *

# time-limit: 170

CAPACITY = 8 * MIB
SHIFTS = (512, 3584, 8)
LENGTHS = (MIB, MIB + 4096, 2 * MIB, 3 * MIB - 4096, 4 * MIB + 8192)
SOURCE = aligned(5 * MIB, 77)


def memory(shift, length, turn=0):
    """Memory at page + shift, and the bytes in it."""
    part = memoryview(SOURCE)[shift + 4096 * turn:shift + 4096 * turn + length]
    return part, bytes(part)


def by_pwrite(fd, part, offset):
    return os.pwrite(fd, part, offset)


def by_write(fd, part, offset):
    os.lseek(fd, offset, os.SEEK_SET)
    return os.write(fd, part)


def by_aio(fd, part, offset):
    return aio_result(Aio().write_now(fd, part, offset))


def by_uring(fd, part, offset):
    return aio_result(Uring().write(fd, part, offset))


def by_vector(fd, part, offset):
    return os.pwritev(fd, [part], offset)


def read_into(fd, shift, length, offset):
    room = memoryview(mmap.mmap(-1, length + 8192))[shift:shift + length]
    got = os.preadv(fd, [room], offset)
    return bytes(room[:got])


WAYS = (("pwrite", by_pwrite, O_DIRECT), ("write", by_write, O_DIRECT), ("aio", by_aio, O_DIRECT),
        ("vector", by_vector, O_DIRECT), ("io_uring", by_uring, O_DIRECT), ("O_DSYNC", by_pwrite, O_DIRECT | O_DSYNC), ("O_APPEND", by_write, O_DIRECT | O_APPEND),
        ("ordinary", by_pwrite, 0), ("ordinary append", by_write, O_APPEND))

for block, options in ((4096, ""), (512, ""), (4096, "strict")):
    image = Image(zones=6, zone_size=CAPACITY, conventional=2, block=block)
    fs = image.mount(options)
    for shift in SHIFTS:
        for name, way, flags in WAYS:
            if options and not flags & O_DIRECT:
                continue  # strict refuses these anyway
            what = f"blocks of {block}, -o {options}, page + {shift}, {name}"
            os.truncate(fs.seq(0), 0)
            whole = b""
            with opened(fs.seq(0), O_RDWR | flags) as fd:
                for turn, length in enumerate((MIB + 4096, 2 * MIB, MIB)):
                    part, data = memory(shift, length, turn)
                    equal(way(fd, part, len(whole)), length, f"{what}: {length} bytes")
                    whole += data
                os.fsync(fd)
                equal(os.fstat(fd).st_size, len(whole), f"{what}: size")
            same_bytes(content(fs.seq(0)), whole, what)

        os.truncate(fs.seq(1), 0)
        data = pattern(5 * MIB, shift)
        write_direct(fs.seq(1), data)
        write_direct(fs.cnv(0), data, 0)
        for path in (fs.seq(1), fs.cnv(0)):
            for flags in (O_RDWR, O_RDONLY):
                with opened(path, flags | O_DIRECT) as fd:
                    for length in LENGTHS:
                        for offset in (0, 8192):
                            what = f"blocks of {block}, -o {options}, page + {shift}, read {length} at {offset}"
                            same_bytes(read_into(fd, shift, length, offset), data[offset:offset + length], what)
                    room = memoryview(mmap.mmap(-1, 3 * MIB))[shift:shift + 2 * MIB]
                    equal(aio_result(Uring().read(fd, room, 4096)), 2 * MIB, f"{what}, by io_uring")
                    same_bytes(bytes(room), data[4096:4096 + 2 * MIB], f"{what}, by io_uring")
                    if path == fs.seq(1):
                        got = read_into(fd, shift, 3 * MIB, 3 * MIB)
                        same_bytes(got, data[3 * MIB:], f"{what}: across the end")
        with opened(fs.cnv(0), O_RDWR | O_DIRECT) as fd:
            for name, way in (("pwrite", by_pwrite), ("aio", by_aio)):
                for length in LENGTHS:
                    part, data = memory(shift, length, 3)
                    equal(way(fd, part, 4096), length, f"conventional, page + {shift}, {name}, {length}")
                    same_bytes(read_direct(fd, length, 4096), data, f"conventional, page + {shift}, {name}, {length}")

    # What is not of whole blocks is refused as ever, and nothing is acknowledged that is not written.
    os.truncate(fs.seq(0), 0)
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        for length in (100, block + 8, 900 * KIB + 8):
            refused("EINVAL", os.pwrite, fd, memory(512, length)[0], 0)
            refused("EINVAL", read_into, fd, 512, length, 0) if os.fstat(fd).st_size > length else None
        for length in (256 * 4096 - 8, MIB + 8, 2 * MIB + 520):
            part, data = memory(8, length)
            position = os.fstat(fd).st_size
            got = os.pwrite(fd, part, position)
            equal(got, length // block * block, f"an odd {length} bytes")
            equal(os.fstat(fd).st_size, position + got, "size is what was returned")
            os.fsync(fd)
        # A vector of small parts is cut where 256 of them end, and nothing tells that from a call that ends there.
        position = os.fstat(fd).st_size
        parts = [memory(0, 520)[0]] * 512
        refused("EINVAL", os.pwritev, fd, parts, position) if block == 4096 else None
        equal(os.fstat(fd).st_size, position)
        # Neither the length of a vector nor that of an asynchronous call is seen: with O_DSYNC nothing is taken on trust.
        with opened(fs.seq(2), O_WRONLY | O_DIRECT | O_DSYNC) as synced:
            part, data = memory(512, MIB)
            got = os.pwritev(synced, [part], 0)
            equal(got, MIB if block == 512 else MIB - 4096, "a vector with O_DSYNC")
            equal(os.fstat(synced).st_size, got)
        os.truncate(fs.seq(2), 0)
        refused("EINVAL", read_into, fd, 512, 8192, 8)
        refused("EINVAL", read_into, fd, 512, 8200, 0)

    # The call ends inside a block by a fault of memory: fsync tells, once, unless the rest comes.
    if block == 4096:
        for continued in (False, True):
            os.truncate(fs.seq(1), 0)
            hole = mmap.mmap(-1, 3 * MIB)
            hole[:] = pattern(3 * MIB)
            address = ctypes.addressof(ctypes.c_char.from_buffer(hole))
            equal(libc.mprotect(ctypes.c_void_p(address + MIB), ctypes.c_size_t(MIB), mmap.PROT_READ & 0), 0)
            with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd:
                libc.pwrite.restype = ctypes.c_ssize_t
                got = libc.pwrite(fd, ctypes.c_void_p(address + 512), ctypes.c_size_t(2 * MIB), ctypes.c_long(0))
                size = os.fstat(fd).st_size
                check(got > 0 and size == got // 4096 * 4096, f"{got} bytes at the fault, size {size}")
                equal(libc.mprotect(ctypes.c_void_p(address + MIB), ctypes.c_size_t(MIB), mmap.PROT_READ | mmap.PROT_WRITE), 0)
                if got % 4096 and continued:
                    rest = libc.pwrite(fd, ctypes.c_void_p(address + 512 + got), ctypes.c_size_t(2 * MIB - got), ctypes.c_long(got))
                    equal(rest, 2 * MIB - got, "the rest")
                    os.fsync(fd)
                    same_bytes(content(fs.seq(1)), pattern(3 * MIB)[512:512 + 2 * MIB], "continued after a fault")
                elif got % 4096:
                    refused("EIO", os.fsync, fd)
    fs.unmount()
