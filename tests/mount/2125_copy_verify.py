#!/usr/bin/env python3
"""zonecopy copy --verify: reads back and compares; a range that was changed meanwhile is named, and the status is 1."""
from zctest import *

AS_NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}

image = Image(conventional=3, zones=10)
fs = image.mount()
data = pattern(3 * MIB)
write_direct(fs.seq(0), data)
target, seq = fs.cnv(0), fs.seq
told = json.loads(must("zonecopy", "copy", fs.seq(0), f"{fs.seq(0)}:1M+4K", fs.seq(1), "--verify", "--json").out)
equal((told["destinations"][0]["verified"], told["destinations"][0]["differences"]), (True, []), "the same")
check("verified 4096 bytes" in succeeds("zonecopy", "copy", f"{fs.seq(0)}:0+4K", fs.seq(1), "--verify").out, "as text")

# The first block of the copy is written over when more of it has been made: the second of three ranges.
for as_json in (True, False):
    copy = subprocess.Popen([program("zonecopy"), "copy", f"{seq(0)}:0+4K", f"{seq(0)}:4K+8K", f"{seq(0)}:512K+1M", target, "--destination-offset", "0",
                             "--verify", "--limit-rate", "1M", "--progress=json", *(["--json"] if as_json else [])],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while True:
        line = json.loads(copy.stderr.readline())
        if line["done_bytes"] > 12 * KIB or line["phase"] != "copy":
            break
    equal(line["phase"], "copy", "under way")
    write_direct(target, pattern(4096, 9), 4096)
    out, err = copy.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
    last = json.loads(err.splitlines()[-1])
    equal((copy.returncode, last["errno"]), (1, "EIO"), f"{last}")
    check("range 1 (of 3)" in last["error"] and f"{seq(0)}:4096+8192" in last["error"] and target in last["error"], last["error"])
    if as_json:
        told = json.loads(out)
        destination, = told["destinations"]
        equal((told["errno"], destination["verified"], [entry["range"] for entry in destination["differences"]], destination["bytes"]),
              ("EIO", False, [1], MIB + 12 * KIB))
        difference, = destination["differences"]
        check(difference["destination_offset_bytes"] == 4 * KIB and difference["source_xxh3"] != difference["destination_xxh3"], f"{difference}")
    else:
        check("verified 1060864 bytes: 1 range differ" in out.decode(), out.decode())

# Who may write a destination, but not read it, learns that before anything is copied.
fs = fs.again("allow_other")
os.chmod(fs.seq(2), 0o222)
os.chmod(fs.seq(0), 0o444)
one_line(run("zonecopy", "copy", f"{seq(0)}:0+4K", seq(2), "--verify", **AS_NOBODY), 1, "Permission denied", "seq/2")
equal(os.stat(seq(2)).st_size, 0, "nothing was copied")
must("zonecopy", "copy", f"{seq(0)}:0+4K", seq(2), **AS_NOBODY)
