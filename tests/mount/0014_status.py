#!/usr/bin/env python3
"""zonecopy status tells the counters of the mount's attributes."""
from zctest import *

NAMES = ("bytes_offloaded", "bytes_emulated", "copies_offloaded", "copies_emulated", "last_fallback", "max_wro_seq_files",
         "nr_wro_seq_files", "max_active_seq_files", "nr_active_seq_files")

image = Image(max_open=3, max_active=5)
fs = image.mount("copy=emulate")
write_direct(fs.seq(0), pattern(8192))
copy_all_of(fs.seq(0), fs.seq(1), 8192)

listed = os.listxattr(fs.path)
for name in NAMES:
    check(f"user.zonecopy.{name}" in listed, f"user.zonecopy.{name} is not listed: {listed}")
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
one_line(run("zonecopy", "status", TMP), 1)
one_line(run("zonecopy", "status", "/no/such/place"), 1, "No such file")
one_line(run("zonecopy", "status", image.path), 1)
