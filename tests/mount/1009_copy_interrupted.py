#!/usr/bin/env python3
"""A signal ends a long copy: it returns what was done, or EINTR, and the file is that long. The copy can be taken up again."""
from zctest import *

SIZE = 4 * GIB
image = Image(zones=5, zone_size=SIZE)
fs = image.mount("copy=emulate")
marks = {offset: pattern(4096, offset) for offset in (0, 64 * MIB)}
write_direct(fs.seq(0), marks[0])
os.truncate(fs.seq(0), SIZE)
signal.signal(signal.SIGALRM, lambda number, frame: None)
done, counts = 0, []
with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(1), O_RDWR) as target:
    for seconds in (0.3, 0.05, 0.2, 0.01):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        count = copy_range(source, target, SIZE - done, done, done)
        check(0 <= count < SIZE - done, f"interrupted after {seconds} s: {count} bytes")
        check(count % 4096 == 0, f"{count} bytes are no whole blocks")
        done += count
        counts.append(count)
        equal(os.fstat(target).st_size, done, "size is what was returned")
    check(max(counts) > 0, f"no copy got anywhere: {counts}")
    equal(image.seq_zone(1).written, done, "write pointer")
    equal(copy_range(source, target, MIB, done, done), MIB, "and on it goes")
equal(fs.counter("bytes_emulated"), done + MIB)

# Killed: the daemon stops copying on behalf of nobody.
child = subprocess.Popen([sys.executable, "-c", "import os, sys\n"
                          f"os.copy_file_range(os.open({fs.seq(0)!r}, 0), os.open({fs.seq(2)!r}, 2), {SIZE}, 0, 0)"])
waiting.again_and_again(lambda: fs.image.seq_zone(2).written > 0)
child.kill()
child.wait(timeout=waiting.HANG_LIMIT_SECONDS)
# An unmount is over when all that was asked for is done: a copy that went on would be at its end by then.
fs = fs.again()
size = os.stat(fs.seq(2)).st_size
check(0 < size < SIZE, f"a killed copy left {size} bytes")
equal(image.seq_zone(2).written, size, "write pointer")
os.truncate(fs.seq(2), 0)
with opened(fs.seq(1), O_RDONLY) as fd:
    equal(os.pread(fd, 4096, 0), marks[0])
