#!/usr/bin/env python3
"""zonecopy bench copy on images: what it measures, what it refuses, and that nothing a user has is touched without consent."""
from zctest import *

SMALL = ("--jobs", "4", "--size", "1M", "--block-size", "8K,64K", "--ranges", "1,4")


def bench(*arguments):
    return json.loads(must("zonecopy", "bench", "copy", *arguments, "--json").out)


def conditions(image):
    return {zone.condition for zone in image.report()}


def refuses(status, *words, options=(), sides=None):
    with unchanged(disk.path):
        command = ("zonecopy", "bench", "copy", *options, *(sides or (disk.path,)))
        one_line(run(*command), status, *words)
        ended = run(*command, "--json")
        equal(ended.status, status, "--json")
        if status == 1:
            check(json.loads(ended.out)["errno"], "the errno in JSON")


# All modes, all shapes; every copy is of all its bytes, and is verified.
disk = Image(zones=16, conventional=1, formatted=False)
told = bench(disk.path, *SMALL, "--verify", "--mode", "auto,emulate,read-write", "--rounds", "2")
target, = told["targets"]
equal((target["jobs"], target["job_bytes"], target["notes"]), (4, MIB, []))
equal((target["device"]["kind"], target["device"]["block_size_bytes"], target["device"]["sequential_zones"]), ("image", 4096, 15))
equal((told["errno"], told["interrupted"], target["device"]["model"]), (None, False, None))
check(told["machine"]["kernel"].startswith("Linux "), told["machine"])
equal([(case["block_bytes"], case["ranges"], case["mode"]) for case in target["cases"]],
      [(block, ranges, mode) for block in (8 * KIB, 64 * KIB) for ranges in (1, 4) for mode in ("auto", "emulate", "read-write")])
for case in target["cases"]:
    equal((case["bytes"], case["copies"]), (2 * 4 * MIB, 2 * 4 * MIB // case["block_bytes"] // case["ranges"]), str(case))
    equal(case["bytes"], case["bytes_offloaded"] + case["bytes_kernel"] + case["bytes_emulated"], "the three ways are all")
    equal(case["verified"], True, str(case))
    equal(len(case["seconds"]), 2, "rounds")
    latency = case["latency_us"]
    check(0 < latency["p50"] <= latency["p99"] <= latency["p99.99"] <= latency["max"], latency)
    if case["mode"] != "auto":
        equal((case["bytes_emulated"], case["commands"]), (case["bytes"], 0), "the process moved all of it")
    if case["mode"] != "read-write":
        check(case["ratio_to_read_write"] > 0, case)
equal(conditions(disk), {"not-write-pointer", "empty"}, "nothing is left")

# A table for people, with a line for each case; copies at random, and several targets.
other = Image(zones=8, formatted=False)
ended = must("zonecopy", "bench", "copy", disk.path, other.path, *SMALL, "--random", "--seed", "7", "--verify")
equal(len(re.findall(r"^ +(8|64)KiB +[14]  (auto|read-write) ", ended.out, re.M)), 16, ended.out)
check(f"{other.path}: image" in ended.out and "verified" in ended.out, ended.out)
equal(ended.err, "", "no progress where there is no terminal")

# What is not to be had is less, and is said.
limited = Image(zones=16, max_open=3, max_active=3, capacity=3 * MIB, formatted=False)
target, = bench(limited.path, "--block-size", "64K", "--ranges", "1", "--verify")["targets"]
equal((target["jobs"], target["job_bytes"]), (3, 2 * 3 * MIB))
check("3 jobs instead of 32" in target["notes"][0] and "6MiB a job instead of 384MiB" in target["notes"][1], target["notes"])
equal(conditions(limited), {"empty"})
target, = bench(limited.path, "--size", "1M", "--block-size", "64K", "--ranges", "1", "--verify", "--jobs", "3")["targets"]
equal(target["notes"], [], "zones filled in part are no active ones")
target, = bench(limited.path, "--block-size", "2M", "--ranges", "1,2")["targets"]
equal([bool(case["not_measured_because"]) for case in target["cases"]], [False, False, True, True], "4 MiB in zones of 3 MiB, of which a copy of 2 MiB leaves a part")

# Wrong usage.
for words, options in ((("--block-size",), ("--block-size", "x")), (("--block-size", "0"), ("--block-size", "0")),
                       (("multiple of 512",), ("--block-size", "100")), (("--ranges is 0",), ("--ranges", "0")),
                       (("--ranges is 481",), ("--ranges", "481")), (("--mode", "'fast'", "offload"), ("--mode", "fast")),
                       (("--jobs is 0",), ("--jobs", "0")), (("--rounds is 0",), ("--rounds", "0")), (("--size is 0",), ("--size", "0")),
                       (("longer than 1GiB",), ("--block-size", "512M", "--ranges", "4"))):
    refuses(2, *words, options=options)
refuses(2, "TARGET", options=("--jobs",), sides=("4",))
one_line(run("zonecopy", "bench"), 2, "bench")
one_line(run("zonecopy", "bench", "move"), 2, "move")

# What cannot be: all is refused before anything is changed.
refuses(1, "longer", options=("--block-size", "8M"))
refuses(1, "no whole blocks", options=("--block-size", "512"))
refuses(1, "no network interface none-such", options=("--interface", "none-such"))
refuses(1, "no process 4194304", options=("--pid", "4194304"))
refuses(1, "No such file", sides=(disk.path + ".none",))
refuses(1, "no zone files", sides=(TMP,))
refuses(1, "two", sides=(Image(zones=2, conventional=1, formatted=False).path,))

# What holds data is not touched, but with --destroy.
disk.format()
refuses(1, "existing filesystem (zonefs)", "--destroy")
fs = disk.mount()
refuses(1, "mounted at", fs.path)
fs.unmount()
held = Image(zones=8, formatted=False)
must("zonecopy", "copy", file_with("data", pattern(MIB)), f"{held.path}#5")
with unchanged(held.path):
    one_line(run("zonecopy", "bench", "copy", held.path), 1, "zone 5", "holds data", "--destroy")
target, = bench(held.path, *SMALL, "--destroy", "--verify")["targets"]
equal((target["jobs"], conditions(held)), (4, {"empty"}))
bench(disk.path, *SMALL, "--destroy")

# Zones that cannot be used are left out.
held.set_zone(0, "offline")
held.set_zone(1, "read-only")
target, = bench(held.path, *SMALL, "--verify")["targets"]
equal(target["jobs"], 3)

# A disk without rights, and a report that cannot be written.
os.chmod(TMP, 0o755)
os.chmod(other.path, 0o644)


def as_other():
    ended = subprocess.run(["zonecopy", "bench", "copy", other.path, *SMALL], capture_output=True, text=True, check=False)
    check(ended.returncode == 1 and "Permission denied" in ended.stderr, ended)


with unchanged(other.path):
    as_nobody(as_other)
equal(run("sh", "-c", 'exec zonecopy bench copy "$@" >/dev/full', "sh", other.path, *SMALL).status, 1)
equal(conditions(other), {"empty"})
equal(run("sh", "-c", 'exec zonecopy bench copy "$@" <&- >&- 2>&-', "sh", other.path, *SMALL).status, 0)
