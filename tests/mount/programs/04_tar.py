#!/usr/bin/env python3
"""tar: archives in zones, and archives of zones."""
from rows import *


def make_tree():
    works_here("rm -rf tree; mkdir tree; cp even odd holes tree")


def works_here(text):
    must("bash", "-c", text, cwd=TMP)


@row("`tar -cf ZONE` with `-b` a multiple of 8 (records of whole blocks)", "works")
def create():
    make_tree()
    fs = mounted()
    for number, factor in enumerate((8, 40, 256)):
        works(fs, f"tar -b {factor} -cf $seq/{number} tree && tar -tf $seq/{number} && tar -df $seq/{number}")
        works(fs, f"rm -rf back; mkdir back; tar -xf $seq/{number} -C back; cmp tree/odd back/tree/odd; cmp tree/holes back/tree/holes")
    works(fs, "tar -b 8 -cSf $seq/4 tree && tar -df $seq/4; tar -c tree | dd of=$seq/5 bs=4k conv=sync iflag=fullblock status=none")
    works(fs, "tar -tf $seq/5")
    nothing_was_refused(fs)


@row("`tar -cf ZONE` with records of 10240 bytes, the default",
     "works with `-o tail=pad` (tar reads the zeros as the end of the archive) or blocks of 512 bytes; else an archive of an odd number"
     " of records ends with status 2")
def default_records():
    make_tree()
    fs = mounted()
    # 10240 is two blocks and a half: an odd number of records ends inside a block.
    works(fs, "head -c 4000 odd > small; head -c 9000 odd > larger; tar -cf small.tar small")
    fails(fs, "tar -cf $seq/0 small", 2, "Input/output error")
    tail_was_refused(fs, 0, content(os.path.join(TMP, "small.tar")))
    works(fs, "tar -cf $seq/1 larger; tar -df $seq/1")
    equal(os.stat(fs.seq(1)).st_size, 20480)
    fs = mounted("tail=pad")
    works(fs, "tar -cf $seq/0 small; tar -df $seq/0; tar -tf $seq/0")
    is_padded(fs.seq(0), content(os.path.join(TMP, "small.tar")))
    fs = mounted(block_bytes=512)
    works(fs, "tar -cf $seq/0 small; tar -df $seq/0")
    equal(os.stat(fs.seq(0)).st_size, 10240)


@row("`tar -r`, `-u`, `-A`, `--delete` of an archive in a zone",
     "cannot, because they overwrite the end of the archive: status 2; the archive stays as it was")
def append():
    make_tree()
    fs = mounted()
    works(fs, "tar -b 8 -cf $seq/0 tree; tar -b 8 -cf other.tar even")
    archive = content(fs.seq(0))
    for options in ("-b 8 -rf $seq/0 odd", "-b 8 -uf $seq/0 odd", "-b 8 -Af $seq/0 other.tar", "--delete -f $seq/0 tree/even"):
        fails(fs, f"tar {options}", 2, "Cannot write")
        holds(fs.seq(0), archive)
    works(fs, "tar -tf $seq/0")


@row("archives one after the other: `tar -c … >> ZONE`, read with `tar -i`", "works with records of whole blocks")
def concatenated():
    fs = mounted()
    works(fs, "tar -b 8 -c even >> $seq/0; tar -b 8 -c odd >> $seq/0; tar -itf $seq/0")
    works(fs, "mkdir -p both; tar -ixf $seq/0 -C both; cmp both/even even; cmp both/odd odd")


@row("`tar -c` of a mount, also `--listed-incremental`", "works; sees by its time that a file has changed")
def of_a_mount():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1; tar -cf all.tar -C $seq . ; mkdir all; tar -xf all.tar -C all; cmp all/0 even")
    works(fs, "tar --listed-incremental=snapshot -cf full.tar -C $seq .")
    works(fs, "cat even >> $seq/1; cp $seq/0 $seq/2")
    ended = works(fs, "tar --listed-incremental=snapshot -cf second.tar -C $seq . ; tar -tf second.tar")
    equal(sorted(ended.out.split()), ["./", "./1", "./2"], "what the second archive holds")


@row("`tar -x` into `seq`", "works with `--overwrite`, without which tar removes files first and fails: status 2; so does an entry of the folder itself")
def into_a_mount():
    fs = mounted()
    works(fs, "mkdir seq; cp even seq/0; cp holes seq/1; cd seq; tar -cf ../in.tar *; tar --overwrite -xf ../in.tar -C $seq")
    holds(fs.seq(0), EVEN)
    holds(fs.seq(1), HOLES)
    fails(fs, "tar -xf in.tar -C $seq", 2, "0: Cannot")
    fails(fs, "tar -cf folder.tar seq; tar --overwrite -xf folder.tar -C $seq/..", 2, "seq: Cannot change mode")
    holds(fs.seq(0), EVEN)


run_rows()
