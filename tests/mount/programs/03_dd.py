#!/usr/bin/env python3
"""dd with its block sizes, positions, conversions and flags."""
from rows import *


@row("`dd of=ZONE`, any `bs=`, `ibs=`, `obs=`, `count=`", "works")
def block_sizes():
    fs = mounted()
    for number, sizes in enumerate(("bs=1000 count=1024", "bs=64k", "ibs=1000 obs=8192", "bs=6000", "bs=1M", "obs=100000")):
        works(fs, f"cat even holes > both; dd if=both of=$seq/{number} status=none {sizes}")
        holds(fs.seq(number), (EVEN + HOLES)[:1024000 if "count" in sizes else None])
    nothing_was_refused(fs)


@row("`dd conv=notrunc oflag=append`", "works; what ends inside a block with `-o tail=pad` only, else status 1")
def append():
    fs = mounted()
    works(fs, "for i in 1 2 3; do dd if=even of=$seq/0 bs=10000 conv=notrunc oflag=append status=none; done")
    holds(fs.seq(0), EVEN * 3)
    # dd closes what it wrote, and that is the last close: a tail cannot be continued by the next dd.
    fails(fs, "dd if=odd of=$seq/1 conv=notrunc oflag=append", 1, "Input/output error")
    tail_was_refused(fs, 1, ODD)


@row("`dd seek=`", "works at and beyond the end, which leaves zeros between; not before it: status 1")
def seek():
    fs = mounted()
    works(fs, "dd if=even of=$seq/0 bs=4k seek=10 status=none")
    holds(fs.seq(0), bytes(40960) + EVEN)
    works(fs, "dd if=even of=$seq/1 bs=4k seek=10 conv=notrunc status=none")
    holds(fs.seq(1), bytes(40960) + EVEN)
    works(fs, "dd if=even of=$seq/1 bs=4096 seek=400 conv=notrunc status=none")
    holds(fs.seq(1), bytes(40960) + EVEN + bytes(90 * 4096) + EVEN)
    works(fs, "cp even $seq/2; dd if=even of=$seq/2 bs=4k seek=300 status=none")
    holds(fs.seq(2), EVEN * 2)
    fails(fs, "dd if=odd of=$seq/2 bs=4k seek=5", 1, "Operation not permitted")
    fails(fs, "dd if=odd of=$seq/2 bs=4k seek=5 conv=notrunc", 1, "Invalid argument")
    holds(fs.seq(2), EVEN * 2)
    fails(fs, "dd if=odd of=$seq/2 bs=4k seek=1024", 1, "File too large")


@row("`dd conv=sparse`", "works")
def sparse():
    fs = mounted()
    works(fs, "dd if=holes of=$seq/0 bs=4k conv=sparse status=none; dd if=holes of=$seq/1 bs=64k conv=sparse status=none")
    works(fs, "dd if=holes of=$seq/2 bs=64k conv=sparse,notrunc status=none")
    for number in range(3):
        holds(fs.seq(number), HOLES)
    nothing_was_refused(fs)


@row("`dd conv=sync`, `conv=fsync`, `conv=fdatasync`", "works; `sync` fills the last block, with the other two status 1 where it is not full")
def synchronised():
    fs = mounted()
    works(fs, "dd if=odd of=$seq/0 bs=4k conv=sync status=none")
    is_padded(fs.seq(0), ODD)
    for number, word in enumerate(("fsync", "fdatasync"), 1):
        works(fs, f"dd if=even of=$seq/{number} bs=10000 conv={word} status=none")
        holds(fs.seq(number), EVEN)
        works(fs, f"truncate -s 0 $seq/{number}")
        fails(fs, f"dd if=odd of=$seq/{number} bs=10000 conv={word}", 1, "Input/output error")
        tail_was_refused(fs, number, ODD)


@row("`dd oflag=direct`", "works with `bs=` of whole blocks; an end inside a block is a tail, as dd writes it without `direct`")
def direct():
    fs = mounted()
    works(fs, "dd if=even of=$seq/0 bs=64k oflag=direct status=none")
    holds(fs.seq(0), EVEN)
    fails(fs, "dd if=odd of=$seq/1 bs=4k oflag=direct", 1, "Input/output error")
    tail_was_refused(fs, 1, ODD)
    fails(fs, "dd if=even of=$seq/2 bs=6000 oflag=direct count=5", 1, "Invalid argument")
    equal(os.stat(fs.seq(2)).st_size, 0)
    fs = mounted("tail=pad")
    works(fs, "dd if=odd of=$seq/0 bs=4k oflag=direct status=none")
    is_padded(fs.seq(0), ODD)


@row("`dd oflag=sync`, `oflag=dsync`", "works with `bs=` of whole blocks; an end inside a block is refused at once, also with `-o tail=pad`: status 1")
def synchronous():
    fs = mounted()
    for number, flag in enumerate(("sync", "dsync")):
        works(fs, f"dd if=even of=$seq/{number} bs=64k oflag={flag} status=none")
        holds(fs.seq(number), EVEN)
        fails(fs, f"dd if=odd of=$seq/{number} bs=4k oflag={flag}", 1, "Invalid argument")
        holds(fs.seq(number), ODD[:len(ODD) // 4096 * 4096])
    fs = mounted("tail=pad")
    fails(fs, "dd if=odd of=$seq/0 bs=4k oflag=sync", 1, "Invalid argument")


run_rows()
