#!/usr/bin/env python3
"""Beside a copy that takes seconds: reads and opens wait for nothing, a caller who waits can be killed, and a connection that
is cut ends the copy."""
from zctest import *

SIZE = 4 * GIB  # so that the copy lasts; it is cut off when all has been seen
image = Image(zones=6, zone_size=SIZE)
fs = image.mount("copy=emulate")
first = pattern(4096, 7)
write_direct(fs.seq(0), first)
os.truncate(fs.seq(0), SIZE)
write_direct(fs.seq(1), first)
write_direct(fs.seq(3), first)

COPY = """
import os, sys
source, target, offset = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_RDWR), int(sys.argv[3])
while os.copy_file_range(source, target, 1 << 32, offset, offset):
    offset = os.fstat(target).st_size
"""


def start(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stderr=subprocess.DEVNULL)


def waits_in(child, *calls):
    """Whether a child sleeps in one of these system calls on the mount."""
    try:
        with open(f"/proc/{child.pid}/syscall", encoding="ascii") as file:
            return file.read().split()[0] in map(str, calls)
    except (OSError, IndexError):
        return False


def ends(child):
    if check(waiting.Process(child.pid).wait(), "a caller ends"):
        child.wait()


copier = start(COPY, fs.seq(0), fs.seq(1), 4096)
eventually(lambda: image.seq_zone(1).written > 4096, True, what="the copy has begun")


def under_way(what):
    check(copier.poll() is None, f"{what}: not before the copy had ended")


with opened(fs.seq(1), O_RDONLY | O_DIRECT) as fd:
    under_way("open for reading")
    equal(read_direct(fd, 4096, 0), first, "what stands below the copy")
under_way("read")
os.close(os.open(fs.seq(1), O_WRONLY))
under_way("open for writing")

# Where the kernel takes its own lock of a file first (that of the destination, and that of a file that is truncated), it
# waits there, and not for us. At the source a truncate waits for us, and behind it a read.
TRUNCATE, READ = (76, 45), (17, 67)  # x86-64, and the numbers that the others have
TRUNCATE_SOURCE = f"import os; os.truncate({fs.seq(0)!r}, 0)"
READ_SOURCE = f"import os; os.pread(os.open({fs.seq(0)!r}, os.O_RDONLY | os.O_DIRECT), 4096, 0)"


def one_that_waits(code, calls, what):
    child = start(code)
    eventually(lambda: waits_in(child, *calls), True, what=f"{what} waits")
    return child


def leaves(child, number, what):
    child.send_signal(number)
    ends(child)
    equal(child.returncode, -number, what)
    under_way(f"{what}, {number.name}")


for number in (signal.SIGKILL, signal.SIGTERM):
    truncater = one_that_waits(TRUNCATE_SOURCE, TRUNCATE, "truncate of the source")
    leaves(one_that_waits(READ_SOURCE, READ, "read"), number, "read")
    leaves(truncater, number, "truncate of the source")

# A caller who handles the signal is told EINTR: here its handler raises, and so does the call.
child = one_that_waits("import os, signal\n"
                "def end(number, frame): raise SystemExit(7)\n"
                f"signal.signal(signal.SIGUSR1, end)\n{TRUNCATE_SOURCE}", TRUNCATE, "truncate")
child.send_signal(signal.SIGUSR1)
ends(child)
equal(child.returncode, 7, "the handler has run")
under_way("a handled signal")
equal(os.stat(fs.seq(0)).st_size, SIZE, "the source was not reset")

# Cut off: the copy ends, and so does the daemon.
run("umount", "-f", fs.path)  # "target is busy", after it has cut the connection
fs.wait_for_end()
ends(copier)
written = image.seq_zone(1).written
check(4096 < written < SIZE, f"a copy that was cut off has gone on to {written} bytes")
run("umount", fs.path)  # the daemon may have done that
again = image.mount()
with opened(again.seq(1), O_RDONLY) as fd:
    equal(os.pread(fd, 4096, 0), first)
