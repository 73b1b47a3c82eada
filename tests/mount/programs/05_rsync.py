#!/usr/bin/env python3
"""rsync to zone files, which need --inplace, and from them."""
from rows import *

need("rsync")


@row("`rsync FILE ZONE`", "cannot, because it writes a new file and renames it: status 23; with `--inplace` see below")
def without_options():
    fs = mounted()
    works(fs, "cp odd keep; cp even $seq/0")
    fails(fs, "rsync odd $seq/0", 23, "mkstemp")
    holds(fs.seq(0), EVEN)


@row("`rsync --inplace FILE ZONE`",
     "works onto an empty zone; onto other data with `truncate -s 0 ZONE` first, as rsync does not empty it: else status 11")
def in_place():
    fs = mounted()
    works(fs, "rsync --inplace even $seq/0; rsync -a --inplace even $seq/1; rsync --inplace --sparse holes $seq/2")
    for number, data in enumerate((EVEN, EVEN, HOLES)):
        holds(fs.seq(number), data)
    equal(os.stat(fs.seq(1)).st_mtime_ns, os.stat(os.path.join(TMP, "even")).st_mtime_ns, "times by rsync -a")
    fails(fs, "rsync --inplace holes $seq/0", 11, "Invalid argument")
    holds(fs.seq(0), EVEN)
    works(fs, "truncate -s 0 $seq/0; rsync --inplace holes $seq/0")
    holds(fs.seq(0), HOLES)


@row("`rsync --inplace` of a length that is no whole number of blocks",
     "works once with `-o tail=pad`; then sizes differ, so that rsync writes again, and fails; without it status 11")
def odd_lengths():
    fs = mounted()
    fails(fs, "rsync --inplace odd $seq/3", 11, "Input/output error")
    tail_was_refused(fs, 3, ODD)
    fs = mounted("tail=pad")
    works(fs, "rsync -a --inplace odd $seq/0")
    is_padded(fs.seq(0), ODD)
    equal(os.stat(fs.seq(0)).st_mtime_ns, os.stat(os.path.join(TMP, "odd")).st_mtime_ns, "times, though zeros came later")
    fails(fs, "rsync -a --inplace odd $seq/0", 11, "Invalid argument")
    is_padded(fs.seq(0), ODD)


@row("`rsync --append`, `--append-verify`", "works from a length of whole blocks on")
def append():
    fs = mounted()
    works(fs, "head -c 409600 even > part")
    for number, option in enumerate(("--append", "--append-verify")):
        works(fs, f"rsync --inplace part $seq/{number}; rsync {option} even $seq/{number}")
        holds(fs.seq(number), EVEN)


@row("`rsync ZONE FILE`, `rsync -a` of a mount, and into one with `--inplace`", "works; sees by size and time which files have changed")
def trees():
    fs = mounted()
    works(fs, "cp even $seq/0; rsync $seq/0 single; cmp single even; cp even $seq/1; touch -d @1000000000 $seq/1; rsync -a $seq out; cmp out/seq/1 even")
    equal(works(fs, "rsync -ai $seq out").out, "", "a second time")
    works(fs, "truncate -s 0 $seq/0; cat holes > $seq/0; cat even > $seq/1")
    ended = works(fs, "rsync -ai $seq out; cmp out/seq/0 holes")
    equal(sorted(line.split()[1] for line in ended.out.splitlines()), ["seq/0", "seq/1"], "what has changed")
    works(fs, "mkdir in; cp even in/4; cp holes in/5; rsync -r --times --inplace in/ $seq/")
    holds(fs.seq(4), EVEN)
    holds(fs.seq(5), HOLES)


run_rows()
