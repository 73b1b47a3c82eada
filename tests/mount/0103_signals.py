#!/usr/bin/env python3
"""SIGTERM and SIGINT unmount and end a daemon in good order."""
from zctest import *

image = Image()
for number in (signal.SIGTERM, signal.SIGINT):
    for foreground in (True, False):
        fs = image.mount(foreground=foreground)
        write_direct(fs.seq(0), pattern(4096))
        os.kill(fs.pid, number)
        fs.wait_for_end()
        check(not os.path.ismount(fs.path), f"{number.name}: still mounted")
fs = image.mount()
same_bytes(content(fs.seq(0)), pattern(4096) * 4, "seq/0")
