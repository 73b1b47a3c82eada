#!/usr/bin/env python3
"""Timestamps: the time of the mount at first, then of the last change, so that backup programs see it."""
from zctest import *

before = time.time_ns()
image = Image(zones=6, conventional=2)
fs = image.mount()
after = time.time_ns()


def times(path):
    state = os.stat(path)
    return state.st_mtime_ns, state.st_ctime_ns


def changed(path, action, modification, change, what):
    os.utime(path, ns=(10 ** 18, 10 ** 18))
    was = times(path)
    started = time.time_ns()
    action()
    ended = time.time_ns()
    now = times(path)
    equal((now[0] != was[0], now[1] != was[1]), (modification, change), f"{what}: mtime, ctime changed")
    if modification:
        check(started - 10 ** 9 <= now[0] <= ended + 10 ** 9, f"{what}: mtime is now, not {now[0]}")


for path in (fs.path, fs / "seq", fs.seq(0), fs.cnv(0)):
    state = os.stat(path)
    for field in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns"):
        value = getattr(state, field)
        check(before - 10 ** 9 <= value <= after + 10 ** 9, f"{path} {field}: {value} is not the time of the mount")



def all_changes(strict):
    """Under strict writes change no times, nor does truncate(2), as with the kernel's zonefs."""
    free = not strict
    changed(fs.seq(0), lambda: write_direct(fs.seq(0), pattern(8192)), free, free, "direct write")
    if free:
        with opened(fs.seq(0), O_WRONLY) as fd:
            changed(fs.seq(0), lambda: os.pwrite(fd, pattern(4096), 8192), True, True, "buffered write to seq")
            changed(fs.seq(0), lambda: os.pwrite(fd, pattern(5), 12288), True, True, "a write that stays in memory")
            os.pwrite(fd, pattern(4091), 12293)
    with opened(fs.cnv(0), O_RDWR) as fd:
        changed(fs.cnv(0), lambda: (os.pwrite(fd, b"x", 3), os.fsync(fd)), free, free, "buffered write to cnv")
        with mmap.mmap(fd, 4096) as mapping:

            def write_mapped():
                mapping[9] = 65
                mapping.flush()

            changed(fs.cnv(0), write_mapped, free, free, "write to a mapping of cnv")
    changed(fs.seq(1), lambda: copy_paths(fs.seq(0), fs.seq(1), 4096, 0, os.stat(fs.seq(1)).st_size), free, free, "copy")
    with opened(fs.seq(0), O_RDWR) as fd:
        changed(fs.seq(0), lambda: os.ftruncate(fd, 0), True, True, "ftruncate")
    changed(fs.seq(0), lambda: os.truncate(fs.seq(0), image.capacity), free, free, "truncate by path")
    changed(fs.seq(0), lambda: os.close(os.open(fs.seq(0), O_WRONLY | O_TRUNC)), True, True, "O_TRUNC")
    changed(fs.seq(0), lambda: os.chmod(fs.seq(0), 0o600), False, True, "chmod")
    changed(fs.seq(0), lambda: os.chown(fs.seq(0), 1, 1), False, True, "chown")
    changed(fs.seq(0), lambda: content(fs.seq(0)), False, False, "read")


all_changes(strict=False)
written = times(fs.seq(0)), times(fs.seq(1)), times(fs.cnv(0))
drop_caches()
equal((times(fs.seq(0)), times(fs.seq(1)), times(fs.cnv(0))), written, "when the kernel has forgotten the files")

os.utime(fs.seq(1), ns=(123456789012345678, 234567890123456789))
state = os.stat(fs.seq(1))
equal((state.st_atime_ns, state.st_mtime_ns), (123456789012345678, 234567890123456789), "utimes")
os.utime(fs / "seq", ns=(10 ** 18, 2 * 10 ** 18))
equal(os.stat(fs / "seq").st_mtime_ns, 2 * 10 ** 18, "utimes of a directory")

fs = fs.again("strict")
all_changes(strict=True)
