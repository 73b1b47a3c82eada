"""Emulated copies on zoned block devices beside the ways there are without zonecopyfs: medians of alternating rounds.

How fast the disks are says nothing, how one way compares to another on equal disks in the same run does.
"""
import re
import statistics

from vmtest import *

ROUNDS = int(os.environ.get("ZONECOPY_BENCH_ROUNDS", "5"))
ZONE = 64 * MIB
FIRST_SEQ = 3  # zones in front of the sequential ones; the first of them has the super block
AT_ONCE = 3
found = {}


class Disk:
    """One of a kind for each way to copy: plain, under the kernel's zonefs, under zonecopyfs."""

    def __init__(self, kind):
        self.raw, self.kernel, self.ours = (open(f"/run/{way}-{kind}").read().strip() for way in ("raw", "kernel", "ours"))
        self.kernel_mount, self.our_mount = (f"/run/{kind}-{way}" for way in ("kernel", "ours"))
        for mount in (self.kernel_mount, self.our_mount):
            os.makedirs(mount)
        for path in (self.kernel, self.ours):
            must("mkfs.zonecopyfs", "-f", path)
        must("mount", "-t", "zonefs", self.kernel, self.kernel_mount)
        must("zonecopyfs", self.ours, self.our_mount)
        write_direct(f"{self.kernel_mount}/seq/0", data)
        write_direct(f"{self.our_mount}/seq/0", data)
        for mount in (self.kernel_mount, self.our_mount):
            write_direct(f"{mount}/cnv/0", data, 0)
        must("dd", f"if={self.kernel_mount}/seq/0", f"of={self.raw}", "bs=1M", f"seek={FIRST_SEQ * ZONE // MIB}", "oflag=direct",
             "conv=notrunc", "iflag=direct")

    def reset_raw(self, number):
        must("blkzone", "reset", "-o", str((FIRST_SEQ + number) * ZONE // 512), "-c", "1", self.raw)

    def undo(self):
        for mount in (self.kernel_mount, self.our_mount):
            must("umount", mount)


def dd_begins(source, destination, skip=0, seek=0, how=("iflag=direct", "oflag=direct", "conv=notrunc")):
    command = ["dd", f"if={source}", f"of={destination}", "bs=1M", f"count={ZONE // MIB}", f"skip={skip}", f"seek={seek}", *how]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})


def copy_begins(source, destination):
    return subprocess.Popen(["raw_passthrough", "copy-file", source, destination, str(ZONE)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def seconds(process):
    """What dd, and our own copier, say that the copying took: without the start of a program."""
    out, err = process.communicate(timeout=300)
    equal(process.returncode, 0, err)
    told = re.search(r"copied, ([0-9.e-]+) s", err)
    return float(told.group(1) if told else out)


def measure(what, processes):
    """Of several at once the longest."""
    found.setdefault(what, []).append(max([seconds(process) for process in processes]))


def one_round(disk, kind):
    first, count = FIRST_SEQ * ZONE // MIB, ZONE // MIB
    for number in (1, AT_ONCE):
        numbers = range(1, 1 + number)
        several = f"{number} zone{'s at once' if number > 1 else ''}"
        measure(f"{kind} {several} dd bs=1M, raw device", [dd_begins(disk.raw, disk.raw, first, first + at * count) for at in numbers])
        measure(f"{kind} {several} dd bs=1M, kernel zonefs",
                [dd_begins(f"{disk.kernel_mount}/seq/0", f"{disk.kernel_mount}/seq/{at}") for at in numbers])
        measure(f"{kind} {several} copy_file_range, zonecopyfs",
                [copy_begins(f"{disk.our_mount}/seq/0", f"{disk.our_mount}/seq/{at}") for at in numbers])
        for at in numbers:
            disk.reset_raw(at)
            os.truncate(f"{disk.kernel_mount}/seq/{at}", 0)
            os.truncate(f"{disk.our_mount}/seq/{at}", 0)
    # With cp, zonefs copies to no file: it empties conventional ones first, which cannot be, and writes through the page cache.
    measure(f"{kind} conventional buffered, kernel zonefs",
            [dd_begins(f"{disk.kernel_mount}/cnv/0", f"{disk.kernel_mount}/cnv/1", how=["conv=notrunc,fsync"])])
    measure(f"{kind} conventional copy_file_range, zonecopyfs", [copy_begins(f"{disk.our_mount}/cnv/0", f"{disk.our_mount}/cnv/1")])


def tell(title, prefix, ways):
    print(f"\n== {title}; medians of {ROUNDS}")
    ours = statistics.median(found[f"{prefix} {ways[-1]}"])
    for way in ways:
        value = statistics.median(found[f"{prefix} {way}"])
        print(f"{way:32} {value * 1000:9.1f} ms   {value / ours:6.2f} times zonecopyfs'")


data = pattern(ZONE)
for kind, title in (("slow", "each request takes 2 ms"), ("fast", "in memory")):
    disk = Disk(kind)
    for _ in range(ROUNDS):
        one_round(disk, kind)
    disk.undo()
    ways = ["dd bs=1M, raw device", "dd bs=1M, kernel zonefs", "copy_file_range, zonecopyfs"]
    tell(f"a zone of {ZONE // MIB} MiB, null_blk, {title}", f"{kind} 1 zone", ways)
    tell(f"{AT_ONCE} zones at once, {title}", f"{kind} {AT_ONCE} zones at once", ways)
    tell(f"a conventional file of {ZONE // MIB} MiB, {title}", f"{kind} conventional", ["buffered, kernel zonefs", ways[-1]])
