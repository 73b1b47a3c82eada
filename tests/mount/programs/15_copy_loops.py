#!/usr/bin/env python3
"""The copy loops of cp, Go, Rust and Python, played call by call (loops.py): none gets an errno that leads it astray."""
from rows import *

import loops


def play(loop, source, destination):
    """How a program with this loop would end: "done", "EIO"… or "panic". Complains of a panic, and of an errno that means
    "unsupported" where the same call had taken bytes of the file."""
    astray = []
    try:
        loop(source, destination, astray)
        ended = "done"
    except loops.Failed as failed:
        ended = errno_name(failed.errno)
    except loops.Panicked as panicked:
        fail(f"{loop.__name__} panics: {panicked}")
        ended = "panic"
    equal(astray, [], f"{loop.__name__}: what says 'unsupported' though bytes were taken")
    return ended


def here(name):
    return os.path.join(TMP, name)


@row("the copy loops of cp 9.1, 9.4 and of 2026, Go, Rust, Python 3.13 and 3.14: of files, zones and files with holes", "works")
def whole_blocks():
    fs = mounted()
    shutil.copyfile(here("even"), fs.seq(0))
    for loop in loops.ALL:
        for source, data in ((here("even"), EVEN), (here("holes"), HOLES), (fs.seq(0), EVEN)):
            equal(play(loop, source, fs.seq(1)), "done", f"{loop.__name__} of {source}")
            holds(fs.seq(1), data)
            equal(play(loop, source, fs.cnv(0)), "done", f"{loop.__name__} of {source} to a conventional file")
            check(content(fs.cnv(0)).startswith(data), f"{loop.__name__} of {source} to a conventional file")
        equal(play(loop, fs.seq(0), file_with("back", b"")), "done", f"{loop.__name__} out of a zone")
        holds(here("back"), EVEN)
    nothing_was_refused(fs)


@row("the same, of a length that is no whole number of blocks", "works with `-o tail=pad`; else all but Rust report EIO; no panic")
def odd_lengths():
    fs = mounted()
    writer = os.open(fs.seq(0), O_WRONLY)
    os.write(writer, ODD)  # a zone with a tail, while this is open
    for number, loop in enumerate(loops.ALL, 1):
        for source in (here("odd"), fs.seq(0)):
            ended = play(loop, source, fs.seq(number))
            equal(ended, "done" if loop is loops.rust else "EIO", f"{loop.__name__} of {source}")
            tail_was_refused(fs, number, ODD)
    refused("EIO", os.close, writer)
    fs = mounted("tail=pad")
    for number, loop in enumerate(loops.ALL):
        equal(play(loop, here("odd"), fs.seq(number)), "done", loop.__name__)
        is_padded(fs.seq(number), ODD)


@row("the same, of more than the capacity, or where the device is full", "cannot, because there is no room: EFBIG or ENOSPC; no panic; a prefix is there")
def no_room():
    fs = Image(zones=13, conventional=3, mkfs=("-o", "aggr_cnv")).mount()
    data = pattern(8 * MIB)
    file_with("large", data)
    write_direct(fs.cnv(0), data, 0)
    for loop in loops.ALL:
        for source in (here("large"), fs.cnv(0)):  # the second by copy_file_range, until the zone is full
            equal(play(loop, source, fs.seq(1)), "EFBIG", f"{loop.__name__} of {source}")
            holds(fs.seq(1), data[:4 * MIB])
    # Beneath the image there is room for one zone, and for a part of another one.
    small = small_file_system(12 * MIB)
    fs = Image(zones=6, directory=small).mount()
    shutil.copyfile(here("even"), fs.seq(0))
    with open(os.path.join(small, "filler"), "wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, os.statvfs(small).f_bavail * os.statvfs(small).f_bsize - 512 * KIB)
    for loop in loops.ALL:
        for source in (here("even"), fs.seq(0)):
            equal(play(loop, source, fs.seq(1)), "ENOSPC", f"{loop.__name__} of {source}, no space beneath")
            check(EVEN.startswith(content(fs.seq(1))), f"{loop.__name__}: seq/1 is no prefix")
            os.truncate(fs.seq(1), 0)


run_rows()
