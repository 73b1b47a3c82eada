#!/usr/bin/env python3
"""Writes from memory that is not there, and beyond RLIMIT_FSIZE: the file keeps what was acknowledged."""
from zctest import *
import resource

fs = Image().mount()

# A buffer of which the second half cannot be read.
PROT_NONE = 0
hole = mmap.mmap(-1, 4 * MIB)
hole[:] = pattern(4 * MIB)
address = ctypes.addressof(ctypes.c_char.from_buffer(hole))
equal(libc.mprotect(ctypes.c_void_p(address + 2 * MIB), ctypes.c_size_t(2 * MIB), PROT_NONE), 0)


def pwrite_at(fd, memory_offset, length, offset):
    libc.pwrite.restype = ctypes.c_ssize_t
    result = libc.pwrite(fd, ctypes.c_void_p(address + memory_offset), ctypes.c_size_t(length), ctypes.c_long(offset))
    if result < 0:
        raise OSError(ctypes.get_errno(), "pwrite")
    return result


with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    refused("EFAULT", pwrite_at, fd, 2 * MIB, 4096, 0)
    equal(os.fstat(fd).st_size, 0)
    got = pwrite_at(fd, 0, 4 * MIB, 0)
    check(0 < got <= 2 * MIB and got % 4096 == 0, f"{got} bytes of 2 MiB that can be read")
    equal(os.fstat(fd).st_size, got, "size is what was returned")
    equal(os.pwrite(fd, aligned(4096), got), 4096, "still writable")
    same_bytes(read_direct(fd, got, 0), pattern(4 * MIB)[:got], "contents")


def limited():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12288, 12288))
    with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd:
        equal(os.pwrite(fd, aligned(8192), 0), 8192)
        equal(os.pwrite(fd, aligned(8192), 8192), 4096, "cut at the limit")
        refused("EFBIG", os.pwrite, fd, aligned(4096), 12288)
        refused("EFBIG", os.ftruncate, fd, fs.image.capacity)
        equal(os.fstat(fd).st_size, 12288)


in_child(limited)
equal(write_direct(fs.seq(1), pattern(4096)), 4096, "without the limit")
