#!/usr/bin/env python3
"""sendfile and splice from zone files; tail, cmp and the like on them."""
from zctest import *

fs = Image(conventional=2).mount()
data = pattern(MIB + 5 * 4096)
write_direct(fs.seq(0), data)
target = os.path.join(TMP, "target")
with opened(fs.seq(0), O_RDONLY) as source, opened(target, O_RDWR | O_CREAT) as out:
    done = 0
    while (count := os.sendfile(out, source, done, 16 * MIB)) > 0:
        done += count
same_bytes(content(target), data, "sendfile")
shutil.copyfile(fs.seq(0), target)
same_bytes(content(target), data, "shutil.copyfile")
equal(must("tail", "-c", "5000", fs.seq(0)).err, "")
must("cmp", fs.seq(0), target)
reader, writer = os.pipe()
with opened(fs.seq(0), O_RDONLY) as source:
    equal(os.splice(source, writer, 4096, offset_src=4096), 4096)
    equal(os.read(reader, 8192), data[4096:8192], "splice")
    equal(os.splice(source, writer, 4096, offset_src=len(data)), 0, "splice at the end")
