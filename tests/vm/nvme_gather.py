"""Gathers on NVMe namespaces: which Copy commands the drive gets, by the emulator's word, and that no data passes the host."""
from vmtest import *

from gathering import gather, limits

BLOCK = 4096


def scattered(fs, zones, count, blocks, seed=1):
    """So many extents of `blocks` blocks, no two of them neighbours, from all zones in turn: (path, offset, length)."""
    draw = random.Random(seed)
    places = draw.sample(range(300), -(-count // zones))
    return [(fs.seq(i % zones), places[i // zones] * (blocks + 1) * BLOCK, blocks * BLOCK) for i in range(count)]


def fill(fs, zones, length):
    """Writes the zones, and returns what is in each."""
    contents = {}
    for number in range(zones):
        contents[fs.seq(number)] = pattern(length, number + 1)
        write_direct(fs.seq(number), contents[fs.seq(number)])
    return contents


def bytes_of(contents, ranges):
    return b"".join(contents[path][start:start + length] for path, start, length in ranges)


@section
def two_hundred_extents_are_the_fewest_commands():
    # MSRC + 1 is 16, 256 and 2: 13 commands, one, and 100.
    for name, nsid, msrc in (("given", 1, 15), ("wide", 1, 255), ("wide", 2, 1)):
        drive = Namespace(name, nsid)
        fs = drive.mount("copy=offload")
        contents = fill(fs, 3, 3600 * KIB)
        ranges = scattered(fs, 3, 200, 2)
        with opened(fs.seq(5), O_WRONLY) as fd:
            equal(limits(fd)[3], msrc + 1, f"{name}: ranges of a Copy command")
            trace.mark()
            answer = gather(fd, ranges)
            commands = -(-200 // (msrc + 1))
            equal((answer.error, answer.commands, answer.ways), (0, commands, [200 * 2 * BLOCK, 0, 0]), f"{name}: {answer}")
            equal(len(trace.copied()), commands, f"{name}: Copy commands")
            equal([blocks for command in trace.copied() for blocks in command], [2] * 200, f"{name}: their ranges")
            equal(trace.host_transfers(), (0, 0, 0), f"{name}: reads, writes and appends by the host")
        same_bytes(content(fs.seq(5)), bytes_of(contents, ranges), f"{name}: contents and order")
        equal(drive.seq_zone(5).written, 400 * BLOCK, f"{name}: the drive's write pointer")
        fs.unmount()


@section
def neighbours_are_one_range():
    drive = Namespace("given")
    fs = drive.mount("copy=offload")
    contents = fill(fs, 2, 3600 * KIB)
    # Runs of 4, 1 and 30 neighbours; then one that goes on in front of what was, which is no neighbour.
    ranges = [(fs.seq(0), i * 2 * BLOCK, 2 * BLOCK) for i in (10, 11, 12, 13, 40, *range(100, 130), 99)]
    with opened(fs.seq(6), O_WRONLY) as fd:
        trace.mark()
        equal(gather(fd, ranges).commands, 1)
        equal(trace.copied(), [[8, 2, 60, 2]], "the ranges of the command")
        # Longer than MSSRL (256 blocks), and than MCL (1024).
        trace.mark()
        equal(gather(fd, [(fs.seq(1), 0, 300 * BLOCK), (fs.seq(0), 0, 800 * BLOCK)]).commands, 2)
        equal(trace.copied(), [[256, 44, 256, 256, 212], [76]], "long ranges")
        equal(trace.host_transfers(), (0, 0, 0))
    same_bytes(content(fs.seq(6)), bytes_of(contents, ranges) + contents[fs.seq(1)][:300 * BLOCK] +
               contents[fs.seq(0)][:800 * BLOCK], "contents")
    fs.unmount()


@section
def many_gathers_at_once():
    drive = Namespace("given")
    fs = drive.mount("copy=offload")
    contents = fill(fs, 3, 3600 * KIB)
    ranges = [scattered(fs, 2, 150, 2, seed) for seed in range(3)]

    def gathers(number):
        with opened(fs.seq(7 + number), O_WRONLY) as fd:
            equal(gather(fd, ranges[number]).error, 0, f"gather {number}")

    trace.mark()
    at_once(*(lambda number=number: gathers(number) for number in range(3)))
    equal(trace.count("pci_nvme_copy", "nr"), 3 * 10, "Copy commands of three gathers")
    equal(trace.host_transfers(), (0, 0, 0))
    for number in range(3):
        same_bytes(content(fs.seq(7 + number)), bytes_of(contents, ranges[number]), f"gather {number}")
    fs.unmount()


@section
def a_range_that_cannot_be_read_is_named():
    drive = Namespace("media")
    bad_byte = 1212416
    zone, offset = bad_byte // drive.zone_size, bad_byte % drive.zone_size
    fs = drive.mount()
    for number in range(3):
        write_direct(fs.seq(number), pattern(640 * KIB, number + 1))
    bad = (zone, offset // BLOCK * BLOCK, BLOCK)
    good = [(fs.seq(1), i * 8 * BLOCK, BLOCK) for i in range(8)]
    for options in ("", "copy=emulate"):
        fs = fs.again(options)
        good = [(fs.seq(1), i * 8 * BLOCK, BLOCK) for i in range(8)]
        with opened(fs.seq(5), O_WRONLY) as fd:
            os.ftruncate(fd, 0)
            answer = gather(fd, good + [bad] + good)
            equal((answer.errno, answer.error, answer.failed), (None, errno.EIO, 8), f"'{options}': {answer}")
            equal(answer.copied, [BLOCK] * 8 + [0] * 9, f"'{options}': of each range")
        same_bytes(content(fs.seq(5)), b"".join(pattern(640 * KIB, 2)[start:start + BLOCK] for _, start, _ in good), f"'{options}'")
        equal(fs.counter("read_only"), 0, "nothing is wrong with the destination")
    fs.unmount()


run_sections()
