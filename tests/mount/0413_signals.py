#!/usr/bin/env python3
"""Reads, writes and copies under a storm of signals, and by processes that are killed: nothing is lost or out of order."""
from zctest import *

image = Image(zones=8, zone_size=16 * MIB)
for mode in ("copy=auto", "copy=emulate"):
    fs = image.mount(mode)
    signals = 0

    def count(_number, _frame):
        global signals
        signals += 1

    signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    data = pattern(16 * MIB)
    memory = memoryview(aligned(data))
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        done = 0
        while done < len(data):
            done += os.pwrite(fd, memory[done:done + 4 * MIB], done)
        os.fsync(fd)
        target, done = mmap.mmap(-1, 4 * MIB), 0
        while done < len(data):
            got = os.preadv(fd, [target], done)
            if not same_bytes(target[:got], data[done:done + got], f"{mode}: read at {done}") or got == 0:
                break
            done += got
    done = 0
    with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(1), O_RDWR) as fd:
        while done < len(data):
            count_now = copy_range(source, fd, len(data) - done, done, done)
            check(count_now >= 0, "a count")
            done += count_now
            equal(os.fstat(fd).st_size, done, f"{mode}: size is what was returned")
    same_bytes(content(fs.seq(1)), data, f"{mode}: copied under signals")
    signal.setitimer(signal.ITIMER_REAL, 0)
    check(signals > 5, f"only {signals} signals came")

    # Killed in the middle of it.
    randomly = random.Random(5)
    for round_number in range(12):
        os.truncate(fs.seq(2), 0)
        child = os.fork()
        if child == 0:
            if round_number % 2:
                copy_all_of(fs.seq(0), fs.seq(2), len(data))
            else:
                with opened(fs.seq(2), O_WRONLY | O_DIRECT) as fd:
                    done = 0
                    while done < len(data):
                        done += os.pwrite(fd, memory[done:done + 4 * MIB], done)
            os._exit(0)
        time.sleep(randomly.uniform(0, 0.012))  # nothing is waited for: the moment is what is tried
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # What was under way when it was killed may still be carried out; not after an unmount.
        fs = fs.again()
        before = os.stat(fs.seq(2)).st_size
        same_bytes(content(fs.seq(2)), data[:before], f"{mode}: round {round_number}: a killed process' file")
        equal(image.seq_zone(2).written, before, f"{mode}: write pointer")
    fs.unmount()
    image.format("-f")
