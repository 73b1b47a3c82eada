#!/usr/bin/env python3
"""A daemon that gets no more memory while it serves: some requests fail with ENOMEM, the mount goes on.

Only a build without ASan can be limited so; with it the load alone is tried (tests/run has both).
"""
import resource

from zctest import *

image = Image(zones=17, zone_size=4 * MIB)
fs = image.mount()
data = pattern(4 * MIB)
write_direct(fs.seq(0), data)
if not ASAN:
    with open(f"/proc/{fs.pid}/status", encoding="utf-8") as file:
        now = int(re.search(r"VmSize:\s+(\d+)", file.read()).group(1)) * KIB
    resource.prlimit(fs.pid, resource.RLIMIT_AS, (now, now))
ALLOWED = (errno.ENOMEM, errno.EINVAL, errno.EFBIG, errno.EAGAIN)


def user(number):
    mine = fs.seq(1 + number)

    def try_to(function):
        try:
            function()
        except OSError as error:
            check(error.errno in ALLOWED, f"met {error}")

    for _ in range(6):
        try_to(lambda: content(fs.seq(0)))
        try_to(lambda: copy_paths(fs.seq(0), mine, 4 * MIB))
        try_to(lambda: content(mine))
        try_to(lambda: os.truncate(mine, 0))
        try_to(lambda: write_direct(mine, data[:2 * MIB]))
        try_to(lambda: os.listdir(fs / "seq"))
        try_to(lambda: [os.stat(fs.seq(other)) for other in range(16)])
        try_to(lambda: os.truncate(mine, 0))


at_once(*(lambda number=number: user(number) for number in range(15)))
check(fs.alive(), "the daemon is gone")
equal(len(os.listdir(fs / "seq")), 16)
same_bytes(content(fs.seq(0)), data, "seq/0")
fs.unmount()
