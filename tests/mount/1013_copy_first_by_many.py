#!/usr/bin/env python3
"""The first copies of a mount, by many threads at once, are made by the mount, and so are all later ones: the kernel does not take over."""
from zctest import *

THREADS, LENGTH, COPIES = 8, 8 * KIB, 4


def copy(fs, number, start):
    with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(number + 1), O_WRONLY) as destination:
        start.wait()
        for i in range(COPIES):
            equal(os.copy_file_range(source, destination, LENGTH, i * LENGTH, i * LENGTH), LENGTH)


disk = Image()
for _ in range(8):  # which thread is first is chance
    fs = disk.mount()
    write_direct(fs.seq(0), pattern(LENGTH * COPIES))
    start = threading.Barrier(THREADS)
    threads = [threading.Thread(target=copy, args=(fs, number, start)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    copied = sum(int(os.getxattr(fs.path, f"user.zonecopy.bytes_{path}")) for path in COPY_PATHS)
    equal(copied, THREADS * COPIES * LENGTH, "what the mount has copied")
    for number in range(9):
        os.truncate(fs.seq(number), 0)
    fs.unmount()
