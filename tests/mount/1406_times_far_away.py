#!/usr/bin/env python3
"""Times before 1970 and behind 2262, as far as the system can name them, come back as they were set."""
from zctest import *

fs = Image(zones=6, conventional=2).mount()
BILLION = 10 ** 9
SECONDS = (0, -1, 1, -2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 33 + 7, 9223372036, 9223372037, 32503680000, 253402300799, -9223372037,
           -9223372038, -62135596800, 2 ** 40, -2 ** 40, 2 ** 55)


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64)]



class Statx(ctypes.Structure):
    class Time(ctypes.Structure):
        _fields_ = [("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_uint32), ("reserved", ctypes.c_int32)]
    _fields_ = [("start", ctypes.c_char * 64), ("access", Time), ("birth", Time), ("change", Time), ("modification", Time),
                ("end", ctypes.c_char * 128)]


def set_times(path, access, modification):
    times = (Timespec * 2)(Timespec(*access), Timespec(*modification))
    if libc.utimensat(-100, os.fsencode(path), times, 0) != 0:
        raise OSError(ctypes.get_errno(), "utimensat")


def times_of(path):
    facts = Statx()
    if libc.statx(-100, os.fsencode(path), 0, 0x7ff, ctypes.byref(facts)) != 0:
        raise OSError(ctypes.get_errno(), "statx")
    return tuple((time.seconds, time.nanoseconds) for time in (facts.access, facts.modification))


for path in (fs.seq(0), fs.cnv(0), fs / "seq", fs.path):
    for seconds in SECONDS:
        for nanoseconds in (0, 1, BILLION - 1):
            set_times(path, (seconds, nanoseconds), (-seconds, BILLION - 1 - nanoseconds))
            equal(times_of(path), ((seconds, nanoseconds), (-seconds, BILLION - 1 - nanoseconds)), f"{path} at {seconds} s")
drop_caches()
equal(times_of(fs.seq(0)), ((SECONDS[-1], BILLION - 1), (-SECONDS[-1], 0)), "from the daemon, not the kernel's memory")
before = time.time_ns()
write_direct(fs.seq(1), pattern(4096))
set_times(fs.seq(1), (32503680000, 5), (-32503680000, 6))
changed = os.stat(fs.seq(1)).st_ctime_ns
check(abs(changed - before) < 60 * BILLION, f"the time of the change is the clock's: {changed}")
