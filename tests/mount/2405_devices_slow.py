#!/usr/bin/env python3
"""A device that does not answer holds up its own files only: its file system is frozen while the other device works."""
from zctest import *

need_program("fsfreeze")
slow_place = small_file_system(GIB)
slow, fast = Image(zones=270, zone_size=MIB, directory=slow_place), Image(zones=64, zone_size=MIB)
fs = Mount([slow, fast], "names=slow:fast")
data = pattern(MIB)
for name in ("slow", "fast"):
    write_direct(fs.device(name).seq(0), data)
    with opened(fs.device(name).seq(0), O_RDWR) as file:
        os.fsync(file)

writers = 250
hanging = []


def write_slowly(number):
    with opened(fs.device("slow").seq(1 + number), O_RDWR | O_DIRECT) as file:
        os.pwrite(file, aligned(data), 0)
        os.fsync(file)


def copy_slowly(number):
    copy_all_of(fs.device("fast").seq(0), fs.device("slow").seq(1 + writers + number), len(data))


must("fsfreeze", "-f", slow_place)
try:
    for function, count in ((write_slowly, writers), (copy_slowly, 8)):
        for number in range(count):
            child = os.fork()
            if child == 0:
                try:
                    function(number)
                    os._exit(0)
                except BaseException:
                    os._exit(1)
            hanging.append(child)

    def works():
        device = fs.device("fast")
        for number in range(1, 30):
            write_direct(device.seq(number), data)
            copy_all_of(device.seq(number), device.seq(30 + number), len(data))
            with opened(device.seq(number), O_RDWR) as file:
                os.fsync(file)
            same_bytes(content(device.seq(30 + number)), data, f"fast {number}")
            os.truncate(device.seq(number), 0)
        copy_all_of(fs.device("slow").seq(0), device.seq(1), len(data))
        succeeds("zonecopy", "status", device.path)

    at_once(works)
    check(all(os.waitpid(child, os.WNOHANG) == (0, 0) for child in hanging), "the slow device was not slow")
finally:
    must("fsfreeze", "-u", slow_place)
for child in hanging:
    check(waiting.Process(child).wait(), "a writer of the slow device still runs")
    equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, "a writer of the slow device")
for number in range(1, 1 + writers + 8):
    same_bytes(content(fs.device("slow").seq(number)), data, f"slow {number}")
