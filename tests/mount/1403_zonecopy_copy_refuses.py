#!/usr/bin/env python3
"""zonecopy copy: each reason not to copy in words of its own, before anything is changed, and as JSON where that is asked for."""
from zctest import *

image = Image(conventional=2, zones=10, capacity=3 * MIB)
fs = image.mount("", foreground=True)
data = pattern(MIB)
write_direct(fs.seq(0), data)
os.truncate(fs.seq(1), image.capacity)  # full
ordinary, other = file_with("ordinary", data), file_with("other", b"mine")
unmounted = Image(zones=4)
pipe = os.path.join(TMP, "pipe")
os.mkfifo(pipe)
seq, cnv = fs.seq, fs.cnv

TABLE = [
    # arguments, errno, words
    ((unmounted.path, seq(2)), "EINVAL", ("zoned image", "#3", "mount it")),
    ((seq(0), unmounted.path), "EINVAL", ("zoned image", "#3", "mount it")),
    ((image.path, seq(2)), "EINVAL", ("zoned image", "#3", "mount it")),
    (("/dev/null", seq(2)), "EINVAL", ("a device", "name a zone of it", "dd(1)")),
    ((seq(0), "/dev/null"), "EINVAL", ("a device", "name a zone of it", "dd(1)")),
    ((seq(0), pipe), "EINVAL", ("no zone file",)),
    ((fs.path, seq(2)), "EISDIR", ("seq",)),
    ((seq(0), fs / "seq"), "EISDIR", ("seq",)),
    ((seq(0), seq(100)), "ENOENT", ("not made by copying",)),
    ((seq(100), seq(2)), "ENOENT", ("No such file",)),
    ((seq(0), seq(0)), "EINVAL", ("the same zone", "--destination-offset")),
    ((seq(0), fs / "cnv/../seq/0"), "EINVAL", ("the same zone", "--destination-offset")),
    ((seq(0), seq(0), "--length", "1M", "--destination-offset", "512K"), "EINVAL", ("write pointer, 1048576",)),
    ((cnv(0), cnv(0), "--length", "1M", "--destination-offset", "512K"), "EINVAL", ("overlap",)),
    ((cnv(0), cnv(0), "--length", "8K", "--source-offset", "8K", "--destination-offset", "4K"), "EINVAL", ("overlap",)),
    ((seq(0), seq(1)), "EFBIG", ("the destination zone is full", "truncate -s 0")),
    ((seq(0), seq(1), "--destination-offset", "0"), "EFBIG", ("the destination zone is full", "truncate -s 0")),
    ((seq(0), cnv(0)), "EINVAL", ("conventional zone", "--destination-offset")),
    ((seq(0), cnv(0), "--destination-offset", "4M"), "EFBIG", ("do not fit", "room for 0")),
    ((seq(2), seq(3)), "EINVAL", ("source zone is empty",)),
    ((seq(0), seq(3), "--source-offset", "1M"), "EINVAL", ("the source ends at 1048576",)),
    ((seq(0), seq(3), "--source-offset", "2M"), "EINVAL", ("the source ends at 1048576",)),
    ((seq(0), seq(3), "--length", "0"), "EINVAL", ("nothing to copy",)),
    ((seq(0), seq(3), "--length", "2M"), "EINVAL", ("only 1048576 bytes",)),
    ((seq(0), seq(3), "--length", "1000"), "EINVAL", ("--length is 1000", "block size")),
    ((seq(0), seq(3), "--source-offset", "100", "--length", "4096"), "EINVAL", ("--source-offset is 100", "block size")),
    ((cnv(0), seq(3)), "EFBIG", ("do not fit", "--length")),
    ((seq(0), seq(3), "--destination-offset", "4096"), "EINVAL", ("write pointer, 0",)),
]
for arguments, name, words in TABLE:
    with unchanged(ordinary, other, unmounted.path):
        sizes = [os.stat(seq(number)).st_size for number in range(8)]
        as_json = one_line(run("zonecopy", "copy", *arguments, "--json"), 1, *words)
        told = json.loads(as_json.out)
        equal((told["errno"], told["bytes"], told["interrupted"]), (name, 0, False), f"{arguments}")
        check(told["error"] in as_json.err, f"{arguments}: {told['error']!r} and {as_json.err!r}")
        equal([os.stat(seq(number)).st_size for number in range(8)], sizes, f"{arguments}: sizes")
equal(one_line(run("zonecopy", "copy", seq(0), seq(0)), 1, "the same zone").out, "", "without --json standard output stays empty")
equal(fs.copy_counters(), {}, "nothing was copied")

# Deliberate copies within one zone work.
succeeds("zonecopy", "copy", seq(0), seq(0), "--length", "64K", "--destination-offset", "1M")
same_bytes(content(seq(0)), data + data[:64 * KIB], "seq/0")
succeeds("zonecopy", "copy", cnv(0), cnv(0), "--length", "64K", "--destination-offset", "64K")

# A bad zone, a read-only mount, and what only the device finds out.
fs.unmount()
image.set_seq(4, "read-only")
fs = image.mount("errors=repair", foreground=True)
one_line(run("zonecopy", "copy", fs.seq(0), fs.seq(4)), 1, "read-only or offline")
fs.unmount()
fs = image.mount("ro", foreground=True)
one_line(run("zonecopy", "copy", fs.seq(0), fs.seq(5)), 1, "the mount is read-only")
fs.unmount()
fs = image.mount("copy=offload", wrapper=WITHOUT_COPY, foreground=True)
ended = one_line(run("zonecopy", "copy", fs.seq(0), fs.seq(5), "--json"), 1, "copy=offload of a mount demands", fs.counter("copy_unavailable"))
told = json.loads(ended.out)
equal((told["errno"], told["bytes"]), ("EIO", 0))

# A mount whose daemon has died says that, not that this is no zone file.
fs.kill()
one_line(run("zonecopy", "copy", fs.seq(0), fs.seq(5)), 1, "not connected")
