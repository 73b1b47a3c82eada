#!/usr/bin/env python3
"""fio and xfs_io."""
from rows import *

need("fio", "xfs_io")

FIO = "fio --name=a --minimal --ioengine=psync --allow_file_create=0 --size=1M --verify=crc32c --randseed=7"


@row("`fio --rw=write`, `--rw=read`, `randread`, of a ZONE, `--direct=0` or `1`", "works")
def fio():
    fs = mounted()
    for number, direct in enumerate((0, 1)):
        works(fs, f"{FIO} --rw=write --bs=64k --direct={direct} --filename=$seq/{number} --create_on_open=1 --fallocate=none")
        equal(os.stat(fs.seq(number)).st_size, MIB)
        works(fs, f"{FIO} --rw=read --bs=64k --direct={direct} --filename=$seq/{number}")
        works(fs, f"{FIO} --rw=randread --bs=64k --direct={direct} --filename=$seq/{number}")
    works(fs, f"{FIO} --rw=randwrite --bs=4k --filename=$cnv/0")


@row("`fio --rw=randwrite` of a ZONE", "cannot, because a zone is written in order: EINVAL")
def fio_random():
    fs = mounted()
    fails(fs, f"{FIO} --rw=randwrite --bs=64k --direct=1 --filename=$seq/0 --create_on_open=1 --fallocate=none", 1, "Invalid argument")


@row("`fio --zonemode=zbd`", "works on a CONVENTIONAL with `--zonesize=`; cannot on a ZONE, as that is no device of zones but one of them")
def fio_zones():
    fs = mounted()
    works(fs, f"{FIO} --zonemode=zbd --zonesize=1M --rw=randwrite --bs=64k --direct=1 --filename=$cnv/0")
    ended = bash(fs, f"{FIO} --zonemode=zbd --zonesize=4M --rw=write --bs=64k --direct=1 --filename=$seq/0")
    check(ended.status == 1 and "smaller than zone size" in ended.out + ended.err, f"on a zone: {ended}")


@row("`xfs_io`: `pwrite` (also past the end), `pread`, `copy_range`, `truncate`, `fsync`, `mmap -r`", "works")
def xfs_io():
    fs = mounted()
    works(fs, "xfs_io -c 'pwrite -S 0x61 0 5000' -c 'pwrite -S 0x62 5000 3192' -c fsync $seq/0")
    holds(fs.seq(0), b"a" * 5000 + b"b" * 3192)
    works(fs, "xfs_io -c 'pwrite -S 0x61 40960 4096' -c 'truncate 49152' $seq/1")
    holds(fs.seq(1), bytes(40960) + b"a" * 4096 + bytes(4096))
    works(fs, "xfs_io -c \"copy_range -s 100 -l 5000 $seq/0\" -c \"copy_range -s 0 -d 5000 -l 3192 $seq/0\" $seq/2")
    holds(fs.seq(2), (b"a" * 5000 + b"b" * 3192)[100:5100] + b"a" * 3192)
    works(fs, "xfs_io -r -c 'mmap -r 0 8192' -c 'mread 0 8192' $seq/0")
    nothing_was_refused(fs)


@row("`xfs_io`: `reflink`, `falloc`, `fpunch`, `fzero`, writing by `mmap -w`",
     "cannot, because FUSE has no such request (`reflink` works by `zonecopy run`), and a zone nothing to reserve or punch; it says so")
def xfs_io_cannot():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1")
    for command in ("reflink $seq/1", "falloc 0 2m", "fpunch 0 4096", "fzero 0 4096", "mmap -w 0 4096"):
        ended = bash(fs, f'xfs_io -c "{command}" $seq/0')  # its status is 0 even so
        check(re.search("not supported|No such device|Invalid", ended.out + ended.err), f"{command}: {ended}")
    holds(fs.seq(0), EVEN)
    works(fs, "zonecopy run -- xfs_io -c \"reflink $seq/1\" $seq/2")
    holds(fs.seq(2), EVEN)


run_rows()
