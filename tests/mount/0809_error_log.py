#!/usr/bin/env python3
"""The log says what went wrong, where and what follows, in the words of the kernel's zonefs."""
from zctest import *

TABLE = [
    ("remount-ro", "read-only", ("read-only zone", "write access disabled", "remounting filesystem read-only")),
    ("remount-ro", "offline", ("offline zone", "read/write access disabled", "invalid size 4096 (should be 0)",
                               "remounting filesystem read-only")),
    ("repair", "offline", ("offline zone", "read/write access disabled", "invalid size 4096 (should be 0)")),
    ("zone-ro", "read-only", ("read-only zone", "write access disabled")),
    ("zone-offline", "read-only", ("read-only zone", "read/write access disabled")),
]
for policy, condition, words in TABLE:
    image = Image(conventional=2)
    fs = image.mount(f"errors={policy}", foreground=True)
    write_direct(fs.seq(3), pattern(4096))
    image.set_seq(3, condition)
    refused("EIO EROFS", write_direct, fs.seq(3), pattern(4096))
    for text in words + (f"Zone {image.zone_of_seq(3) * image.zone_size // 512}:", f"inode {image.zone_of_seq(3)}:"):
        fs.wait_for_log(text, f"errors={policy}, {condition}")
    check(policy == "remount-ro" or "remounting" not in fs.log(), f"errors={policy}: {fs.log()}")
    fs.unmount(may_be_busy=True)
    os.unlink(image.path)
