"""How the mount tests wait: for an event, and for none longer than one limit.

The limit is no time that something should take. It says that something hangs, and no disk or machine that still works is so
slow. ZCTEST_LIMIT sets another.

    tests/mount/waiting.py PID…     waits until these processes have ended; status 1 if one has not
"""
import ctypes
import os
import select
import sys
import time

HANG_LIMIT_SECONDS = int(os.environ.get("ZCTEST_LIMIT", "120"))

libc = ctypes.CDLL(None, use_errno=True)
IN_MODIFY = 2


class Deadline:
    """When a wait that begins now is given up."""
    def __init__(self, seconds=HANG_LIMIT_SECONDS):
        self.end = time.monotonic() + seconds

    def left_seconds(self):
        return max(0, self.end - time.monotonic())

    def passed(self):
        return self.left_seconds() == 0


def event(descriptors, deadline):
    """Waits for one of {descriptor: events}; whether it came in time."""
    poll = select.poll()
    for descriptor, events in descriptors.items():
        poll.register(descriptor, events)
    return bool(poll.poll(deadline.left_seconds() * 1000))


class Process:
    """A process by a descriptor: its number may come to mean another one."""
    def __init__(self, pid):
        try:
            self.descriptor = os.pidfd_open(pid) if pid else None
        except ProcessLookupError:
            self.descriptor = None

    def __del__(self):
        if self.descriptor is not None:
            os.close(self.descriptor)

    def wait(self, deadline=None):
        """Until it has ended; whether it has."""
        return self.descriptor is None or event({self.descriptor: select.POLLIN}, deadline or Deadline())

    def has_ended(self):
        return self.wait(Deadline(0))


def mount_table(condition, unless_ended=None):
    """Waits until `condition`, which looks at what is mounted, holds, or the Process `unless_ended` has ended. Asks again when
    the kernel's table has changed. That a file system turned read-only is no such change."""
    deadline = Deadline()
    with open("/proc/self/mountinfo", "rb") as table:
        descriptors = {table.fileno(): select.POLLPRI | select.POLLERR}
        if unless_ended is not None and unless_ended.descriptor is not None:
            descriptors[unless_ended.descriptor] = select.POLLIN
        while not (held := condition()) and not deadline.passed():
            if unless_ended is not None and unless_ended.has_ended():
                break
            event(descriptors, deadline)
    return held


def file_written(path, condition):
    """Waits until `condition`, which looks at the contents of `path`, holds; asks again when something was written."""
    deadline = Deadline()
    changes = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if changes < 0 or libc.inotify_add_watch(changes, os.fsencode(path), IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), "inotify", path)
        while not (held := condition()) and not deadline.passed():
            if event({changes: select.POLLIN}, deadline):
                os.read(changes, 65536)
        return held
    finally:
        if changes >= 0:
            os.close(changes)


def again_and_again(condition, pause_seconds=0.01):
    """Waits until `condition` holds, for what has no event: nobody is told of an attribute of a FUSE file system, of the
    state of its super block, or of a mount that is no longer busy. Asks again after a moment."""
    deadline = Deadline()
    while not (held := condition()) and not deadline.passed():
        time.sleep(pause_seconds)
    return held


def main():
    left = [pid for pid in map(int, sys.argv[1:]) if not Process(pid).wait()]
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
