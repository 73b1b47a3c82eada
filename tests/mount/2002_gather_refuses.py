#!/usr/bin/env python3
"""A gather that is malformed, or cannot be done whole, is refused before anything is touched, and the answer says where."""
from gathering import *

BLOCK = 4096
image = Image(conventional=2)
fs = image.mount()
for number in range(3):
    write_direct(fs.seq(number), pattern(MIB, number + 1))
write_direct(fs.seq(4), pattern(2 * BLOCK, 5))
good = (os.stat(fs.seq(0)).st_ino, 0, BLOCK)
MAX = (1 << 64) - 1

with opened(fs.seq(4), O_RDWR) as fd:
    def untouched(what, wanted, answer, failed=None):
        equal(answer.errno, wanted, what)
        equal((answer.bytes, answer.ways, answer.commands), (0, [0, 0, 0], 0), f"{what}: nothing was copied")
        if failed is not None:
            equal((answer.failed, answer.error), (failed, getattr(errno, wanted)), f"{what}: which range")
        same_bytes(content(fs.seq(4)), pattern(2 * BLOCK, 5), what)

    for version in (0, 2, 0xffffffff):
        refused("EINVAL", fcntl.ioctl, fd, GATHER, request_of([good], version=version))
    malformed = {
        "no range": dict(count=0), "too many ranges": dict(count=RANGES_MAX + 1), "a huge count": dict(count=0xffffffff),
        "an unknown flag": dict(flags=8), "all flags": dict(flags=0xffffffff), "a reserved number": dict(reserved=1),
        "a reserved byte": dict(reserved_too=bytes(23) + b"\1")}
    for what, wrong in malformed.items():
        untouched(what, "EINVAL", gather(fd, [good], **wrong))
    memory = request_of([good], count=RANGES_MAX + 1)
    equal(ask(fd, memory, 1).errno, "EINVAL")
    equal(struct.unpack_from("I", memory, 8)[0], RANGES_MAX + 1, "an answer leaves what was asked as it is")
    untouched("an offset without its flag", "EINVAL", ask(fd, request_of([good], offset=2 * BLOCK), 1))
    untouched("an offset that overflows", "EINVAL", gather(fd, [good], offset=1 << 63))
    for start, length in ((MIB, 1), (MIB - BLOCK, 2 * BLOCK), (MAX, 1), (1, MAX), (MAX, MAX), (1 << 63, BLOCK), (0, 1 << 63),
                          (0, MIB + 1)):
        untouched(f"range {start}+{length}", "EINVAL", gather(fd, [good, (fs.seq(1), start, length)]))
    untouched("sums that overflow", "EINVAL", gather(fd, [(fs.seq(0), 0, 1 << 62)] * 4))
    untouched("beyond the end", "EINVAL", gather(fd, [good, good, (fs.seq(1), MIB, BLOCK)]), 2)
    untouched("into itself", "EINVAL", gather(fd, [good, (fs.seq(4), BLOCK, 2 * BLOCK)]), 1)
    untouched("an empty file", "EINVAL", gather(fd, [(fs.seq(7), 0, BLOCK)]), 0)
    for inode in (0, os.stat(fs / "seq").st_ino, os.stat(fs.path).st_ino, 12, 1 << 32, MAX):
        untouched(f"inode {inode}", "ENOENT", gather(fd, [good, (inode, 0, BLOCK)]), 1)
    untouched("nothing fits", "EFBIG", gather(fd, [(fs.cnv(0), 0, 4 * MIB), good]), 0)

    # What fits whole is copied; a range is never cut in two at the end of the zone.
    ranges = [(fs.seq(number), 0, MIB) for number in (0, 1, 2, 0)]
    answer = gather(fd, ranges)
    equal((answer.errno, errno.errorcode[answer.error], answer.failed), (None, "EFBIG", 3), f"three of four fit: {answer}")
    equal((answer.bytes, answer.copied), (3 * MIB, [MIB, MIB, MIB, 0]))
    equal(os.fstat(fd).st_size, 2 * BLOCK + 3 * MIB, "the size")
    os.ftruncate(fd, 0)
    write_direct(fs.seq(4), pattern(2 * BLOCK, 5))
    answer = gather(fd, [(fs.seq(0), 0, MIB), (fs.cnv(0), 0, 4 * MIB), (fs.seq(1), 0, MIB)])
    equal((answer.failed, answer.copied), (1, [MIB, 0, 0]), "what stands behind the one that does not fit is left out too")
    os.ftruncate(fd, 0)

# A descriptor that may not write, a folder, a file of something else.
with opened(fs.seq(4), O_RDONLY) as fd:
    equal(gather(fd, [good]).errno, "EBADF", "a reader's descriptor")
with opened(fs / "seq", O_RDONLY) as fd:
    refused("ENOTTY", fcntl.ioctl, fd, GATHER, request_of([good]))
with opened(file_with("ordinary", b"x" * BLOCK), O_RDWR) as fd:
    refused("ENOTTY", fcntl.ioctl, fd, GATHER, request_of([good]))
# A request that is shorter by its number is none that the mount knows.
with opened(fs.seq(4), O_RDWR) as fd:
    refused("ENOTTY", fcntl.ioctl, fd, GATHER - (32 << 16), request_of([good]))
equal(image.seq_zone(4).written, 0, "nothing came of these")

# Bad zones, full ones, a mount that cannot be written.
fs.unmount()
image.set_seq(1, "offline")
image.set_seq(2, "read-only")
image.set_seq(5, "read-only")
fs = image.mount()
with opened(fs.seq(4), O_RDWR) as fd:
    answer = gather(fd, [good, (fs.seq(1), 0, 0)])
    equal((answer.errno, answer.failed), ("EPERM", 1), "an offline source")
    equal(os.fstat(fd).st_size, 0)
with opened(fs.seq(3), O_WRONLY) as fd:
    os.ftruncate(fd, 4 * MIB)
    answer = gather(fd, [good])
    equal((answer.errno, answer.failed, answer.bytes), ("EFBIG", 0, 0), "a full zone")
fs.unmount()
fs = image.mount("ro")
refused("EROFS", os.open, fs.seq(6), O_WRONLY)
fs.unmount()

# Under strict whole blocks only, at the write pointer.
fs = image.mount("strict")
with opened(fs.seq(4), O_WRONLY | O_DIRECT) as fd:
    for wrong in ((fs.seq(0), 1, BLOCK), (fs.seq(0), 0, BLOCK + 1), (fs.seq(0), 512, 512)):
        answer = gather(fd, [good, wrong])
        equal((answer.errno, answer.failed, os.fstat(fd).st_size), ("EINVAL", 1, 0), f"{wrong[1:]}")
    equal(gather(fd, [good, good]).error, 0, "whole blocks")
fs.unmount()
equal(image.seq_zone(4).written, 2 * BLOCK)
