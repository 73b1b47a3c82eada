#!/usr/bin/env python3
"""busybox; make, find and test, which look at times; checksums, cmp, git's hashes."""
from rows import *

need("busybox", "make", "git")


@row("`busybox cp`, `cat`, `dd`, `tee`, `gunzip -c`", "works")
def busybox():
    fs = mounted()
    works(fs, "busybox cp even $seq/0; busybox cat even > $seq/1; busybox dd if=even of=$seq/2 bs=1000 2> /dev/null")
    works(fs, "busybox tee $seq/3 < even > /dev/null; gzip -c even | busybox gunzip -c > $seq/4; busybox cp $seq/0 $seq/5")
    for number in range(6):
        holds(fs.seq(number), EVEN)
    works(fs, "busybox cp holes $seq/0; busybox cp odd $cnv/0; busybox cp $seq/1 back; cmp back even")
    holds(fs.seq(0), HOLES)
    nothing_was_refused(fs)


@row("the same, of a length that is no whole number of blocks",
     "works with `-o tail=pad`; else `cp` and `dd` end with status 1, but `cat` with 0, and only the log tells")
def busybox_odd():
    fs = mounted()
    for number, (command, status) in enumerate((("cp odd $seq/{}", 1), ("dd if=odd of=$seq/{}", 1), ("cat odd > $seq/{}", 0))):
        fails(fs, "busybox " + command.format(number), status, "Input/output error" if status else "")
        tail_was_refused(fs, number, ODD)
    fs = mounted("tail=pad")
    works(fs, "busybox cat odd > $seq/0")
    is_padded(fs.seq(0), ODD)


@row("`make`, `find -newer`, `test -nt`", "works; writing, emptying and copying a zone make it newer")
def times():
    fs = mounted()
    with open(os.path.join(TMP, "Makefile"), "w", encoding="ascii") as file:
        file.write("report: $(seq)/0 $(seq)/1\n\t@cat $^ | wc -c > $@; cat $@\n")
    works(fs, "cp even $seq/0; make -s")
    equal(works(fs, "make -q && find $seq $cnv -newer report -name '[0-9]*'").out, "", "nothing is newer")
    for command, name in (("cat even >> $seq/0", "seq/0"), ("cp --reflink=auto $seq/0 $seq/1", "seq/1"), ("truncate -s 0 $seq/1", "seq/1"),
                          ("dd if=odd of=$cnv/0 conv=notrunc status=none", "cnv/0"), ("truncate -s 4M $seq/5", "seq/5")):
        # What was written a moment ago can have the same time: times of the kernel go by its clock's ticks.
        works(fs, f"until test clock -nt report; do touch clock; done; {command}; test ${name} -nt report")
        equal(works(fs, "find $seq $cnv -newer report -name '[0-9]*'").out.strip(), fs / name, command)
        works(fs, f"until test report -nt ${name}; do touch report; done")
    works(fs, "until test clock -nt report; do touch clock; done; cat even >> $seq/0")
    equal(works(fs, "make -s").out.strip(), str(2 * len(EVEN) + len(EVEN)), "make has seen it")


@row("`sha256sum`, `md5sum`, `cmp`, `diff`, `git hash-object`, `wc`, `tail`, `od`, `grep`", "works; a zone is a file to whoever reads it")
def readers():
    fs = mounted()
    works(fs, "cp even $seq/0; sha256sum < even > sum; sha256sum < $seq/0 | cmp - sum; md5sum $seq/0; cmp even $seq/0; diff even $seq/0")
    works(fs, "test $(git hash-object $seq/0) = $(git hash-object even); tail -c 100 $seq/0 | cmp - <(tail -c 100 even)")
    works(fs, "test $(wc -c < $seq/0) = 1228800; od -An -tx1 -j 4090 -N 20 $seq/0 | cmp - <(od -An -tx1 -j 4090 -N 20 even)")
    works(fs, "seq -f %07g 1 1024 > $seq/1; test $(grep -c 1 $seq/1) = $(seq 1024 | grep -c 1); sort $seq/1 > sorted; sort -o $seq/2 $seq/1; cmp sorted $seq/2")


run_rows()
