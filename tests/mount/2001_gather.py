#!/usr/bin/env python3
"""A gather appends ranges of many files in their order, by as few copies as can be, and tells what became of each."""
from gathering import *

BLOCK = 4096

for directory in places():
    path = COPY_PATHS[0 if shares_extents(directory) else 1]
    image = Image(directory=directory, conventional=3, zones=16)
    fs = image.mount()
    contents = {}
    for number in range(4):
        contents[fs.seq(number)] = pattern(2 * MIB, number + 1)
        write_direct(fs.seq(number), contents[fs.seq(number)])
    contents[fs.cnv(0)] = pattern(MIB, 9)
    with opened(fs.cnv(0), O_WRONLY) as fd:
        os.pwrite(fd, contents[fs.cnv(0)], 0)
        os.fsync(fd)

    def bytes_of(ranges):
        return b"".join(contents[source][start:start + length] for source, start, length in ranges)

    random.seed(5)
    ranges = [(random.choice(list(contents)), random.randrange(200) * BLOCK, random.randrange(1, 4) * BLOCK)
              for _ in range(RANGES_MAX)]
    total = sum(length for _, _, length in ranges)
    with opened(fs.seq(5), O_RDWR) as fd:
        answer = gather(fd, ranges[:300])
        wanted = bytes_of(ranges[:300])
        equal((answer.errno, answer.error, answer.failed, answer.offset), (None, 0, 300, 0), f"{directory}: {answer}")
        equal(answer.bytes, len(wanted))
        equal(answer.ways, [len(wanted) if word == path else 0 for word in COPY_PATHS], f"{directory}: ways")
        equal(answer.copied, [length for _, _, length in ranges[:300]])
        same_bytes(os.pread(fd, len(wanted) + 1, 0), wanted, "the first gather")
        equal(os.fstat(fd).st_size, len(wanted))
        # At the offset that is expected, and only there.
        equal(gather(fd, ranges[300:], offset=len(wanted) + BLOCK).errno, "EINVAL", "another offset")
        equal(os.fstat(fd).st_size, len(wanted), "and nothing was done")
        answer = gather(fd, ranges[300:], offset=len(wanted))
        equal((answer.errno, answer.error, answer.offset), (None, 0, len(wanted)), "at the offset")
        # A file may be gathered from into itself: what is there lies in front of the end.
        size = os.fstat(fd).st_size
        equal(gather(fd, [(fs.seq(5), 0, BLOCK), (fs.seq(5), size - BLOCK, BLOCK)]).error, 0, "from itself")
        wanted = bytes_of(ranges)
        same_bytes(content(fs.seq(5)), wanted + wanted[:BLOCK] + wanted[-BLOCK:], "all of it")
    equal(image.seq_zone(5).written, total + 2 * BLOCK, "the write pointer")

    with opened(fs.seq(6), O_WRONLY) as fd:
        # Neighbours are one range, and one clone or one call of copy_file_range: one command has room for it.
        answer = gather(fd, [(fs.seq(1), i * BLOCK, BLOCK) for i in range(100)])
        equal((answer.error, answer.commands), (0, 1), f"neighbours: {answer}")
        same_bytes(content(fs.seq(6)), contents[fs.seq(1)][:100 * BLOCK], "neighbours")
        # Empty ranges count as copied.
        answer = gather(fd, [(fs.seq(0), 0, 0), (fs.seq(1), 0, BLOCK), (fs.seq(2), 2 * MIB, 0)])
        equal((answer.errno, answer.error, answer.failed, answer.copied), (None, 0, 3, [0, BLOCK, 0]), "empty ranges")
        answer = gather(fd, [(fs.seq(0), 0, 0)])
        equal((answer.errno, answer.error, answer.bytes, answer.failed), (None, 0, 0, 1), "nothing at all")
        # Any bytes, as with copy_file_range.
        before = content(fs.seq(6))
        odd = [(fs.seq(0), 100, 50), (fs.seq(1), 4000, 5000), (fs.seq(2), 1, BLOCK - 1), (fs.seq(3), 8192, 2 * BLOCK),
               (fs.seq(0), 7, 3143)]  # five blocks in all, so that no tail is left
        answer = gather(fd, odd)
        equal((answer.error, answer.bytes), (0, sum(length for _, _, length in odd)), f"odd: {answer}")
        check(answer.ways[2] > 0 and answer.reason, f"what is no whole block was read and written: {answer}")
        same_bytes(content(fs.seq(6)), before + bytes_of(odd), "odd ranges")

    # A conventional zone is written where the request says.
    with opened(fs.cnv(1), O_RDWR) as fd, opened(fs.cnv(0), O_RDWR) as source_fd:
        os.pread(fd, 4 * BLOCK, 0)  # so that its pages are cached
        answer = gather(fd, [(fs.seq(0), 0, BLOCK), (fs.cnv(0), BLOCK, BLOCK)], flags=AT_OFFSET, offset=0)
        equal((answer.errno, answer.error, answer.offset), (None, 0, 0), f"conventional: {answer}")
        same_bytes(os.pread(fd, 2 * BLOCK, 0), bytes_of([(fs.seq(0), 0, BLOCK), (fs.cnv(0), BLOCK, BLOCK)]), "conventional")
        equal(gather(fd, [(fs.seq(0), 0, BLOCK)]).errno, "EINVAL", "without an offset")
        equal(gather(fd, [(fs.cnv(1), 0, BLOCK), (fs.seq(0), 0, BLOCK)], offset=BLOCK).errno, None, "beside each other")
        equal(gather(fd, [(fs.seq(0), 0, BLOCK), (fs.cnv(1), 0, 2 * BLOCK)], offset=BLOCK).errno, "EINVAL", "overlap")
        # What a program has changed by a mapping, and not written yet, is gathered.
        with mmap.mmap(source_fd, MIB) as mapping:
            mapping[8192:8192 + BLOCK] = pattern(BLOCK, 77)
            equal(gather(fd, [(fs.cnv(0), 8192, BLOCK)], offset=8 * BLOCK).errno, None)
            same_bytes(os.pread(fd, BLOCK, 8 * BLOCK), pattern(BLOCK, 77), "a mapped source")

    # What the mount can do.
    with opened(fs.seq(0), O_RDONLY) as fd:
        facts = limits(fd)
        equal((facts[0], facts[1], facts[2]), (RANGES_MAX, BLOCK, 4 * MIB), f"{facts}")
        check(facts[3] >= 1 and facts[8], f"copies of an image: {facts}")
        equal(facts[9] == "", path == "offloaded", f"{facts}")
    fs = fs.again("copy=emulate")
    with opened(fs.seq(7), O_WRONLY) as fd:
        equal(limits(fd)[3], 0, "copy=emulate has no Copy")
        answer = gather(fd, ranges[:50])
        equal((answer.error, answer.commands, answer.ways), (0, 0, [0, 0, answer.bytes]), f"emulated: {answer}")
        same_bytes(content(fs.seq(7)), b"".join(
            content(source)[start:start + length] for source, start, length in ranges[:50]), "emulated")
        equal(gather(fd, ranges[:2], flags=ONLY_OFFLOAD).errno, "EIO", "the mount forbids to offload")
    fs.unmount()
