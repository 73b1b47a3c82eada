#!/usr/bin/env python3
"""zonecopy copy of many: what cannot be done whole is refused in one line that says what, and where in a list; nothing is changed."""
from zctest import *

image = Image(conventional=2, zones=10, capacity=3 * MIB)
fs = image.mount()
data = pattern(MIB)
write_direct(fs.seq(0), data)
os.truncate(fs.seq(1), image.capacity)  # full
unmounted = Image(zones=4, formatted=False)
mine = os.path.join(TMP, "private")
seq, cnv = fs.seq, fs.cnv
ranges = lambda *lines: file_with("list", "".join(f"{line}\n" for line in lines).encode())

WRONG_USAGE = [
    ((), ("there is no DESTINATION",)),
    ((seq(0),), ("one operand only",)),
    (("--to", seq(2)), ("there is no SOURCE",)),
    ((seq(0), seq(0), seq(2), "--length", "4K"), ("are for one source", "SOURCE:OFFSET+LENGTH")),
    ((seq(0), "--from-file", "-", seq(2), "--source-offset", "4K"), ("are for one source",)),
    ((seq(0), seq(2), "--null"), ("--from-file",)),
    ((seq(0), seq(2), "--limit-rate", "0"), ("0 is no rate",)),
    ((seq(0), seq(2), "--limit-rate", "1x"), ("no size",)),
    ((seq(0), seq(2), "--progress", "much"), ("much", "json")),
    ((seq(0), seq(2), "--dry-run", "--verify"), ("--dry-run",)),
]
REFUSED = [
    # arguments, errno, words
    ((f"{seq(0)}:0+x", seq(2)), "EINVAL", ("'0+x' is no range", "OFFSET+LENGTH")),
    ((f"{seq(0)}:4K+-4096", seq(2)), "EINVAL", ("is no range",)),
    ((f"{seq(0)}:", seq(2)), "EINVAL", ("is no range",)),
    ((f"{seq(0)}:0+4K", seq(2), "--length", "4K"), "EINVAL", ("names its range already",)),
    ((f"{seq(0)}:0+4K", f"{seq(0)}:1M+4K", seq(2)), "EINVAL", ("the source ends at 1048576",)),
    ((f"{seq(0)}:512K+1M", seq(2)), "EINVAL", ("only 524288 bytes",)),
    ((f"{seq(0)}:0+0", seq(2)), "EINVAL", ("is 0", "nothing to copy")),
    ((f"{seq(0)}:0+4K", f"{seq(0)}:4K+100", seq(2)), "EINVAL", ("is 100", "block size")),
    ((f"{seq(0)}:18446744073709551615+1", seq(2)), "EINVAL", ("the source ends at",)),
    ((seq(0), seq(0), seq(0), seq(0), seq(2)), "EFBIG", ("4194304 bytes do not fit",)),
    ((seq(0), seq(1)), "EFBIG", ("full",)),
    ((seq(2), seq(3), seq(4)), "EINVAL", ("all sources are empty",)),
    ((f"{seq(2)}:0+4K", seq(4)), "EINVAL", ("empty",)),
    ((seq(0), seq(2), seq(0)), "EINVAL", ("the same zone",)),
    ((seq(0), f"{seq(2)}:0+4K"), "EINVAL", ("a destination has no range", "--destination-offset")),
    ((seq(0), f"{cnv(0)}:0+8K", cnv(0), "--destination-offset", "0"), "EINVAL", ("overlap",)),
    ((seq(0), "--to", seq(2), "--to", fs / "cnv/../seq/2"), "EINVAL", ("twice",)),
    ((seq(0), "--to", seq(2), "--to", seq(1)), "EFBIG", ("full",)),
    ((seq(0), "--to", seq(2), "--to", seq(100)), "ENOENT", ("not made by copying",)),
    ((seq(0), "--to", seq(2), "--to", cnv(0)), "EINVAL", ("--destination-offset",)),
    ((f"{unmounted.path}#4", seq(2)), "EINVAL", ("zone 4", "the last is 3")),
    ((f"{unmounted.path}#one", seq(2)), "EINVAL", ("is no number of a zone", "#3")),
    ((f"{unmounted.path}#1:0+4K", seq(2)), "EINVAL", ("empty",)),
    ((f"{image.path}#3", f"{unmounted.path}#2"), "EBUSY", ("in use",)),
    ((f"{fs.path}#3", seq(2)), "ENOTBLK EINVAL EISDIR", ()),
    (("", seq(2)), "EINVAL", ("empty name",)),
    (("--from-file", os.path.join(TMP, "nothing"), seq(2)), "ENOENT", ("nothing",)),
    (("--from-file", TMP, seq(2)), "EISDIR", ()),
    (("--from-file", "/dev/null", seq(2)), "EINVAL", ("has no sources",)),
    (("--from-file", "/dev/zero", seq(2)), "EINVAL", ("line 1", "--null")),
    (("--from-file", "/dev/zero", "--null", seq(2)), "EINVAL", ("entry 1",)),
    (("--from-file", ranges(f"{seq(0)}:0+4K", "# comment", "", f"{seq(0)}:2M+4K"), seq(2)), "EINVAL", ("line 4 of the list", "ends at")),
    (("--from-file", file_with("second", f"{seq(0)}\nwhat is this\n".encode()), seq(2)), "ENOENT", ("line 2 of the list", "what is this")),
    (("--from-file", file_with("long", b"x" * 100000), seq(2)), "EINVAL", ("line 1", "longer than")),
    (("--from-file", file_with("bytes", b"\xff\xfe\x01\n"), seq(2)), "ENOENT", ("line 1",)),
    (("--from-file", file_with("carriage", f"{seq(0)}:0+4K\r\n".encode()), seq(2)), "EINVAL", ("is no range", "\\x0d")),
    ((seq(0), seq(2), "--limit-rate", "1M", "--destination-offset", "8K"), "EINVAL", ("write pointer",)),
]


def sizes():
    return [os.stat(seq(number)).st_size for number in range(8)] + [zlib.crc32(content(cnv(0)))]


before = sizes()
with unchanged(unmounted.path):
    for arguments, words in WRONG_USAGE:
        equal(one_line(run("zonecopy", "copy", *arguments), 2, *words, "--help").out, "", f"{arguments}")
    for number, (arguments, names, words) in enumerate(REFUSED):
        ended = one_line(run("zonecopy", "copy", *arguments, "--json"), 1, *words)
        told = json.loads(ended.out)
        check(told["errno"] in names.split() and told["error"] in ended.err, f"{arguments}: expected {names}: {ended}")
        equal((told["bytes"], told["destinations"], told["interrupted"]), (0, [], False), f"{arguments}")
        if number % 8 != 0:
            continue
        # All of standard error is JSON, where that was asked for.
        last = one_line(run("zonecopy", "copy", *arguments, "--progress=json"), 1)
        equal(json.loads(last.err)["errno"], told["errno"], f"{arguments}: the last line")
        equal(last.out, "", f"{arguments}: standard output")
equal(sizes(), before, "the mount")
equal(fs.copy_counters(), {}, "nothing was copied")

# An ordinary file, which has no write pointer that would refuse the second writer, is locked by the first one.
ordinary = file_with("ordinary", b"x" * 100)
with opened(ordinary, O_RDONLY) as lock, unchanged(ordinary):
    fcntl.flock(lock, fcntl.LOCK_EX)
    ended = one_line(run("zonecopy", "copy", seq(0), ordinary, "--json"), 1, ordinary, "another copy is writing to it")
    equal(json.loads(ended.out)["errno"], "EBUSY")
with unchanged(ordinary):
    one_line(run("zonecopy", "copy", seq(0), "--to", ordinary, "--to", f"{TMP}/./ordinary"), 1, "twice")
equal(json.loads(must("zonecopy", "copy", seq(0), ordinary, "--json", "--verify").out)["bytes"], MIB)
same_bytes(content(ordinary), b"x" * 100 + data, "an ordinary file")
# So it is by a copy, too.
copy = subprocess.Popen([program("zonecopy"), "copy", seq(0), ordinary, "--limit-rate", "64K", "--progress=json"], stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE)
copy.stderr.readline()
one_line(run("zonecopy", "copy", seq(0), ordinary), 1, ordinary, "another copy is writing to it")
copy.send_signal(signal.SIGINT)
copy.communicate()

# A user who may not read a source, or not write a destination.
fs = fs.again("allow_other")
os.chmod(seq(0), 0o600)
os.chmod(seq(3), 0o444)
AS_NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
one_line(run("zonecopy", "copy", seq(0), seq(2), **AS_NOBODY), 1, "seq/0", "Permission denied")
one_line(run("zonecopy", "copy", seq(3), seq(2), **AS_NOBODY), 1, "Permission denied")
equal([os.stat(seq(number)).st_size for number in range(8)], before[:8], "nobody has changed anything")
