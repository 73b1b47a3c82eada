#!/usr/bin/env python3
"""cp, and what else puts a file into the place of another: install, mv, ln, rm, sed -i."""
from rows import *


@row("`cp FILE ZONE`, also with `-p`, `-a`, `--reflink=auto`, `--reflink=never`", "works")
def plain_files():
    fs = mounted()
    for number, options in enumerate(("", "-p", "-a", "--reflink=auto", "--reflink=never", "--preserve=all")):
        works(fs, f"cp {options} even $seq/{number}")
        holds(fs.seq(number), EVEN)
    works(fs, "touch -d @1000000000 old; cp even old; touch -d @1000000000 old; chmod 600 old; cp -p old $seq/7")
    state = os.stat(fs.seq(7))
    equal((state.st_mtime, stat.S_IMODE(state.st_mode)), (1000000000, 0o600), "times and mode by cp -p")
    works(fs, "head -c 8192 even > short; cp short $seq/0")  # onto a file with data: the zone is reset first
    holds(fs.seq(0), EVEN[:8192])
    nothing_was_refused(fs)


@row("`cp --sparse=auto`, `always`, `never`, of files with holes or without", "works")
def sparse_files():
    fs = mounted()
    for number, (mode, source, data) in enumerate((mode, source, data) for mode in ("auto", "always", "never")
                                                  for source, data in (("holes", HOLES), ("even", EVEN))):
        works(fs, f"cp --sparse={mode} {source} $seq/{number}")
        holds(fs.seq(number), data)
    nothing_was_refused(fs)


@row("`cp` of what is no whole number of blocks", "works with `-o tail=pad`; else status 1, and the whole blocks are there")
def odd_lengths():
    fs = mounted()
    for number, options in enumerate(("", "--reflink=never", "--sparse=always")):
        fails(fs, f"cp {options} odd $seq/{number}", 1, "Input/output error")
        tail_was_refused(fs, number, ODD)
    fs = mounted("tail=pad")
    works(fs, "cp -p odd $seq/0")
    is_padded(fs.seq(0), ODD)
    equal(os.stat(fs.seq(0)).st_mtime_ns, os.stat(os.path.join(TMP, "odd")).st_mtime_ns, "times by cp -p, though zeros came later")


@row("`cp ZONE ZONE`, `cp ZONE FILE`, `cp -r` of a mount", "works; between zones without the data passing through cp")
def zones():
    fs = mounted()
    works(fs, "cp even $seq/0; cp $seq/0 $seq/1; cp --reflink=auto $seq/1 $seq/2")
    holds(fs.seq(2), EVEN)
    below = sum(count for count, _ in fs.copy_counters().values())
    equal(below, 2 * len(EVEN), "bytes that did not pass through cp")
    works(fs, "cp $seq/0 back; cmp even back; mkdir tree; cp -a $seq $cnv tree; cmp even tree/seq/2")
    equal(sorted(os.listdir(os.path.join(TMP, "tree/seq"))), sorted(map(str, range(10))))


@row("`cp FILE CONVENTIONAL`, also with `--sparse=always`", "works; what is behind the end of FILE stays")
def conventional():
    fs = mounted()
    works(fs, "head -c 4M /dev/zero | tr '\\0' x > full; cp full $cnv/0; cp full $cnv/1")
    for number, (source, data) in enumerate((("odd", ODD), ("holes", HOLES))):
        works(fs, f"cp --sparse=always {source} $cnv/{number}")
        holds(fs.cnv(number), data + b"x" * (4 * MIB - len(data)))


@row("`cp` of more than the capacity", "cannot, because the zone ends there: status 1, \"File too large\"; what fits is written")
def too_large():
    fs = mounted()
    works(fs, "cat even even even even > large")
    for number, options in enumerate(("", "--reflink=never")):
        fails(fs, f"cp {options} large $seq/{number}", 1, "File too large")
        holds(fs.seq(number), (EVEN * 4)[:4 * MIB])


@row("`zonecopy run -- cp --reflink=always ZONE ZONE`", "works; where it cannot, the old data of its target stays")
def reflink_by_run():
    fs = mounted()
    works(fs, "cp even $seq/0; cp holes $seq/1; zonecopy run -- cp --reflink=always $seq/0 $seq/1; zonecopy run -- cp even $seq/2")
    holds(fs.seq(1), EVEN)
    holds(fs.seq(2), EVEN)
    fails(fs, "zonecopy run -- cp --reflink=always holes $seq/1", 1, "failed to clone")
    holds(fs.seq(1), EVEN)


@row("`cp --reflink=always` without `zonecopy run`",
     "cannot, because FUSE has no such request: it empties its target, and then fails with status 1")
def reflink():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1")
    fails(fs, "cp --reflink=always $seq/0 $seq/1", 1, "Operation not supported")
    holds(fs.seq(0), EVEN)
    equal(os.stat(fs.seq(1)).st_size, 0, "the target of cp --reflink=always")


@row("`install`, `mv`, `ln`, `rm`, `sed -i`, editors that save by a new file",
     "cannot, because zone files are neither made, renamed nor removed; nothing changes")
def new_names():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even victim; cp even $seq/1")
    for command in ("install victim $seq/0", "mv victim $seq/0", "ln $seq/0 $seq/99", "ln -f $seq/0 $seq/1", "mv $seq/0 $seq/1",
                    "rm -f $seq/0", "sed -i s/a/b/ $seq/0", "cp --remove-destination victim $seq/0", "cp -b victim $seq/0",
                    "cp victim $seq/victim"):
        ended = bash(fs, command)
        check(ended.status != 0 and ended.err, f"{command}: {ended}")
    for path in (fs.seq(0), fs.seq(1), os.path.join(TMP, "victim")):
        holds(path, EVEN)


run_rows()
