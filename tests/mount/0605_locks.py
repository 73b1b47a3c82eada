#!/usr/bin/env python3
"""flock and POSIX locks work between processes."""
from zctest import *

fs = Image().mount()
for path in (fs.seq(0),):
    with opened(path, O_RDWR) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)

        def other():
            with opened(path, O_RDWR) as mine:
                refused("EAGAIN", fcntl.flock, mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        in_child(other)
        fcntl.flock(fd, fcntl.LOCK_UN)
        fcntl.lockf(fd, fcntl.LOCK_EX, 100, 0)

        def another():
            with opened(path, O_RDWR) as mine:
                refused("EAGAIN EACCES", fcntl.lockf, mine, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 50)
                fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 100)
        in_child(another)
