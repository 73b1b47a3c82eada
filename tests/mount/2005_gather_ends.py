#!/usr/bin/env python3
"""A gather that a signal ends has copied a prefix, and says which; a daemon that is killed in one leaves a zone that is whole."""
from gathering import *

SIZE = 4 * GIB
image = Image(zones=8, zone_size=SIZE)
fs = image.mount("copy=emulate")
marks = {offset: pattern(4096, offset) for offset in (0, 64 * MIB)}
write_direct(fs.seq(0), marks[0])
os.truncate(fs.seq(0), SIZE)
signal.signal(signal.SIGALRM, lambda number, frame: None)
# Large ranges: Python would call again after a signal, but a gather that has copied something succeeds.
ranges = [(fs.seq(0), i * 64 * MIB, 64 * MIB) for i in range(64)]
with opened(fs.seq(1), O_RDWR) as fd:
    done = 0
    for seconds in (0.3, 0.05, 0.2):
        while done < SIZE:  # Python calls again after EINTR, when nothing was copied
            signal.setitimer(signal.ITIMER_REAL, seconds)
            answer = gather(fd, [(fs.seq(0), done, SIZE - done)])
            if answer.bytes > 0:
                break
        check(0 < answer.bytes < SIZE - done, f"interrupted after {seconds} s: {answer}")
        equal((answer.errno, errno.errorcode[answer.error], answer.failed), (None, "EINTR", 0), f"{answer}")
        equal((answer.bytes % 4096, answer.copied), (0, [answer.bytes]))
        done += answer.bytes
        equal(os.fstat(fd).st_size, done, "size is what the answer says")
    equal(image.seq_zone(1).written, done, "write pointer")
    answer = gather(fd, ranges[:1])
    equal((answer.error, answer.bytes), (0, 64 * MIB), "and on it goes")

# Killed: the daemon stops on behalf of nobody.
script = f"import sys; sys.path.insert(0, {HERE!r})\nfrom gathering import *\n" \
         f"with opened({fs.seq(2)!r}, O_WRONLY) as fd:\n    gather(fd, {ranges!r})\n"
child = subprocess.Popen([sys.executable, "-c", script])
waiting.again_and_again(lambda: image.seq_zone(2).written > 0)
child.kill()
child.wait(timeout=waiting.HANG_LIMIT_SECONDS)
fs = fs.again()
size = os.stat(fs.seq(2)).st_size
check(0 < size < SIZE, f"a killed gather left {size} bytes")
equal(image.seq_zone(2).written, size, "write pointer")

# The daemon is killed in the middle; what the zone has is a prefix of what was asked for.
fs.unmount()
image = Image(zones=8, zone_size=64 * MIB)
for number in range(3):
    fs = image.mount()
    if number == 0:
        data = pattern(16 * MIB)
        write_direct(fs.seq(0), data)
    ranges = [(fs.seq(0), (i * 7919 % 4000) * 4096, 8192) for i in range(RANGES_MAX)]
    wanted = b"".join(data[start:start + length] for _, start, length in ranges)
    script = f"import sys; sys.path.insert(0, {HERE!r})\nfrom gathering import *\n" \
             f"with opened({fs.seq(1 + number)!r}, O_WRONLY) as fd:\n" \
             f"    ranges = [({os.stat(fs.seq(0)).st_ino}, (i * 7919 % 4000) * 4096, 8192) for i in range(RANGES_MAX)]\n" \
             "    while gather(fd, ranges).errno is None: pass\n"
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    waiting.again_and_again(lambda: image.seq_zone(1 + number).written > number * 300)
    fs.kill()
    child.wait(timeout=waiting.HANG_LIMIT_SECONDS)
    fs = image.mount()
    got = content(fs.seq(1 + number))
    check(len(got) > 0, "something was copied")
    same_bytes(got, (wanted * (len(got) // len(wanted) + 1))[:len(got)], f"kill {number}")
    fs.unmount()
