#!/usr/bin/env python3
"""Copies between two mounts, and from and to other file systems: right, or refused, never half."""
from zctest import *

first, second = Image().mount(), Image().mount()
data = pattern(MIB + 4096)
write_direct(first.seq(0), data)
for flags in (O_RDWR, O_RDWR | O_DIRECT):
    with opened(first.seq(0), O_RDONLY) as source, opened(second.seq(0), flags) as target:
        try:
            done = 0
            while done < len(data):
                count = copy_range(source, target, len(data) - done, done, done)
                if not check(count > 0, "an early end"):
                    break
                done += count
        except OSError as error:
            equal((errno_name(error.errno), done), ("EXDEV", 0), "between two mounts")
        same_bytes(content(second.seq(0)), data[:done], "seq/0")
        os.ftruncate(target, 0)
succeeds("cp", first.seq(0), second.seq(1))
same_bytes(content(second.seq(1)), data, "cp between two mounts")
outside = os.path.join(TMP, "outside")
succeeds("cp", first.seq(0), outside)
same_bytes(content(outside), data, "cp out")
succeeds("cp", outside, second.seq(2))
same_bytes(content(second.seq(2)), data, "cp in")
