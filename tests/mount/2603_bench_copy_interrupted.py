#!/usr/bin/env python3
"""zonecopy bench copy that ends early: by SIGINT it leaves empty zones, also on a mount; killed, it leaves what the next one refuses to overwrite."""
from zctest import *

LONG = ("--jobs", "2", "--size", "4M", "--block-size", "4K", "--ranges", "1", "--rounds", "1000", "--progress", "json", "--json")


def started(target):
    """A benchmark that has begun to copy."""
    out = open(os.path.join(TMP, "out"), "w+", encoding="utf-8")
    process = subprocess.Popen(["zonecopy", "bench", "copy", target, *LONG], stdout=out, stderr=subprocess.PIPE, text=True)
    while json.loads(process.stderr.readline())["phase"] != "copy":
        pass
    return process, out


def stopped(target, number):
    process, out = started(target)
    process.send_signal(number)
    last = [json.loads(line) for line in process.stderr][-1]
    equal(process.wait(waiting.HANG_LIMIT_SECONDS), -number, "the end by the signal")
    equal((last["phase"], last["interrupted"], last["errno"]), ("done", True, None))
    out.seek(0)
    told = json.load(out)
    out.close()
    equal((told["interrupted"], told["errno"]), (True, None))


disk = Image(zones=16, formatted=False)
for number in (signal.SIGINT, signal.SIGTERM):
    stopped(disk.path, number)
    equal({zone.condition for zone in disk.report()}, {"empty"}, "nothing is left")

process, _ = started(disk.path)
process.kill()
process.wait(waiting.HANG_LIMIT_SECONDS)
check(any(zone.condition != "empty" for zone in disk.report()), "sources are left")
with unchanged(disk.path):
    one_line(run("zonecopy", "bench", "copy", disk.path, "--size", "1M"), 1, "holds data", "--destroy")
must("zonecopy", "bench", "copy", disk.path, "--size", "1M", "--block-size", "64K", "--destroy")

disk = Image(zones=8)
fs = disk.mount()
stopped(fs.path, signal.SIGINT)
equal([os.stat(fs.seq(i)).st_size for i in range(7)], [0] * 7, "nothing is left in files")

fs.unmount()

# Another writes to a file that was empty when the benchmark began, and is to be a destination: it keeps what it has written.
disk = Image(zones=8, zone_size=64 * MIB)
fs = disk.mount()
process = subprocess.Popen(["zonecopy", "bench", "copy", fs.path, "--jobs", "1", "--size", "192M", "--progress", "json"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
equal(json.loads(process.stderr.readline())["phase"], "fill")
process.send_signal(signal.SIGSTOP)
os.waitid(os.P_PID, process.pid, os.WSTOPPED)
check(os.stat(fs.seq(2)).st_size < 64 * MIB, "sources are still being filled")
data = pattern(8 * KIB)
for i in range(3, 7):
    write_direct(fs.seq(i), data)
process.send_signal(signal.SIGCONT)
last = [json.loads(line) for line in process.stderr][-1]
equal((process.wait(waiting.HANG_LIMIT_SECONDS), last["errno"]), (1, "EINVAL"), str(last))
equal([content(fs.seq(i)) for i in range(7)], [b""] * 3 + [data] * 4)
fs.unmount()

# The file system below is full: one line, and nothing is left.
small = os.path.join(TMP, "small")
os.mkdir(small)
must("mount", "-t", "tmpfs", "-o", "size=6M", "none", small)
disk = Image(zones=8, directory=small, formatted=False)
ended = run("zonecopy", "bench", "copy", disk.path, "--size", "4M", "--block-size", "64K", "--ranges", "1")
one_line(ended, 1, disk.path, "No space left")
equal({zone.condition for zone in disk.report()}, {"empty"}, "nothing is left after a full disk")
