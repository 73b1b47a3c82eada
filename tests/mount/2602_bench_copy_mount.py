#!/usr/bin/env python3
"""zonecopy bench copy on mounts: only files that are empty are used, and they are empty again; who copied what is told truly."""
from zctest import *

SMALL = ("--jobs", "4", "--size", "1M", "--block-size", "8K,64K", "--ranges", "1,4")


def bench(*arguments):
    return json.loads(must("zonecopy", "bench", "copy", *arguments, "--json").out)["targets"][0]


def daemon(fs):
    return next(pid for pid in filter(str.isdigit, os.listdir("/proc")) if fs.path.encode() in content(f"/proc/{pid}/cmdline"))


def counters(fs):
    return [int(os.getxattr(fs.path, f"user.zonecopy.bytes_{path}")) for path in COPY_PATHS]


disk = Image(zones=16)
fs = disk.mount()
data = pattern(12 * KIB)
write_direct(fs.seq(2), data)
target = bench(fs.path, *SMALL, "--verify", "--pid", daemon(fs))
equal((target["device"]["kind"], target["device"]["devices"], target["jobs"]), ("mount", [disk.path], 4))
by_path = [sum(case[f"bytes_{path}"] for case in target["cases"] if case["mode"] == "auto") for path in COPY_PATHS]
equal(by_path, counters(fs), "what the mount has counted")
for case in target["cases"]:
    equal((case["bytes"], case["verified"]), (4 * MIB, True), str(case))
    check(case["used"]["processes_cpu_seconds"] > 0, "CPU time of the daemon")
equal(content(fs.seq(2)), data, "what holds data is left alone")
equal([os.stat(fs.seq(i)).st_size for i in range(15) if i != 2], [0] * 14, "empty again")

# The ways that a mount has are its own choice.
one_line(run("zonecopy", "bench", "copy", fs.path, "--mode", "emulate", "--size", "1M"), 1, "copy=emulate")
one_line(run("zonecopy", "bench", "copy", fs.path, "--destroy"), 1, "--destroy is for devices", "truncate")
fs.unmount()
fs = disk.mount("copy=emulate")
target = bench(fs.path, *SMALL, "--mode", "emulate,auto", "--verify")
for case in target["cases"]:
    equal(case["bytes_emulated"], 4 * MIB, case["mode"])
one_line(run("zonecopy", "bench", "copy", fs.path, "--mode", "offload", "--size", "1M"), 1, "copy=emulate")
fs.unmount()

# Limits of files that are open or active hold for jobs, of several files each too.
limited = Image(zones=24, zone_size=MIB, max_open=3, max_active=4)
fs = limited.mount("explicit-open")
write_direct(fs.seq(0), data)
write_direct(fs.seq(1), data)
target = bench(fs.path, "--size", "4M", "--block-size", "64K", "--ranges", "1,4", "--verify")
equal((target["jobs"], target["job_bytes"]), (2, 4 * MIB), str(target["notes"]))
target = bench(fs.path, "--size", "4M", "--block-size", "384K", "--ranges", "1,2", "--verify")
equal(target["jobs"], 2, "zones that are left in part are finished")
equal([os.stat(fs.seq(i)).st_size for i in range(23)], [len(data)] * 2 + [0] * 21)
fs.unmount()

# A mount that is read-only, and a user without rights.
fs = disk.mount("ro")
with unchanged(disk.path):
    one_line(run("zonecopy", "bench", "copy", fs.path, *SMALL), 1, "Read-only file system")
fs.unmount()
