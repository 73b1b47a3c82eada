#!/usr/bin/env python3
"""zonecopy status tells the counters of the mount's attributes."""
from zctest import *

NAMES = ("bytes_offloaded", "bytes_kernel", "bytes_emulated", "copies_offloaded", "copies_kernel", "copies_emulated",
         "last_fallback", "max_wro_seq_files", "nr_wro_seq_files", "max_active_seq_files", "nr_active_seq_files")

image = Image(max_open=3, max_active=5)
fs = image.mount("copy=emulate")
write_direct(fs.seq(0), pattern(8192))
copy_all_of(fs.seq(0), fs.seq(1), 8192)

equal(fs.counter("max_wro_seq_files"), 3)
equal(fs.counter("max_active_seq_files"), 5)
eventually(fs.accounting, (0, 2))


def flattened(value):
    for name, part in value.items():
        if isinstance(part, dict):
            yield from flattened(part)
        else:
            yield name, part


status = dict(flattened(fs.status()))
for name in NAMES:
    check(name in status, f"status --json has no {name}: {status}")
    equal(str(status.get(name) or ""), str(fs.counter(name) or ""), name)
text = succeeds("zonecopy", "status", fs.path)
check("8192" in text.out or "8.0 KiB" in text.out or "8 KiB" in text.out, f"the bytes copied are not told: {text.out}")
# Types are JSON's own.
status = fs.status()
equal(status["read_only"], False, "a boolean")
check(isinstance(status["copies_emulated"], int), f"a number: {status}")
# The same units in status, report and attributes: bytes.
limits = json.loads(must("zonecopy", "report", image.path, "--json").out)["copy"]
for name in ("max_ranges", "max_range_bytes", "max_total_bytes"):
    equal(status["copy_limits"][name], limits[name], name)
equal(fs.counter("copy_limits"), f"ranges {limits['max_ranges']}, range bytes {limits['max_range_bytes']}, "
      f"total bytes {limits['max_total_bytes']}")
equal((status["copy_path"], limits["path"]), (fs.counter("copy_path"),) * 2, "one word")
readonly = Image().mount("ro")
equal(readonly.status()["read_only"], True, "a boolean")
check("read_only             yes" in succeeds("zonecopy", "status", readonly.path).out, "and in words for a person")

one_line(run("zonecopy", "status", TMP), 1)
one_line(run("zonecopy", "status", "/no/such/place"), 1, "No such file")
one_line(run("zonecopy", "status", image.path), 1)
# Attributes on another file system, copied or made, are no mount's.
os.setxattr(TMP, "user.zonecopy.device", b"somewhere")
one_line(run("zonecopy", "status", TMP), 1, "no mount point")
one_line(run("zonecopy", "status", fs.seq(0)), 1, "no mount point")
# A refusal is JSON where JSON was asked for.
for command in (("status", TMP), ("status", "/no/such/place"), ("report", TMP), ("report", fs.seq(0))):
    ended = one_line(run("zonecopy", *command, "--json"), 1)
    told = json.loads(ended.out)
    check(told["error"] in ended.err and told["errno"] in ("EINVAL", "ENOENT"), f"{command}: {ended}")
