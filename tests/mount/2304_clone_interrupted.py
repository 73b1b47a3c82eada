#!/usr/bin/env python3
"""A clone that SIGINT ends says so and what goes on with it; one goes on whose destination was full; and clones without descriptors."""
from cloning import *
from zctest import *

need_program("strace")
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def interrupted_clone(name):
    """SIGINT comes with the fourth copy to another zone."""
    return run("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=copy_file_range,ioctl",
               "-e", "inject=copy_file_range,ioctl:signal=INT:when=4", "zonecopy", "clone", source.path, target.path, *name,
               env=ENVIRONMENT)


source, target = fill(disk()), empty_disk()
ended = interrupted_clone(())
equal(ended.status, -signal.SIGINT, str(ended))
check(super_block(target.path) is None, "no file system yet")
check(ended.err == "zonecopy: clone: interrupted; the same command with --resume goes on from there\n", ended.err)
told = clone(source.path, target.path, "--resume", "--verify")
equal(told["verified"], True)
check_same(source, target, "after SIGINT")

target = empty_disk()
ended = interrupted_clone(("--json",))
told = json.loads(ended.out)
equal((told["interrupted"], told["errno"], ended.status), (True, None, -signal.SIGINT))
equal(clone(source.path, target.path, "--resume")["bytes_there_already"] > 0, True, "something had been copied")
check_same(source, target, "after SIGINT and --json")

# With --progress=json standard error is lines of JSON, and the last one tells how it ended.
target = empty_disk()
lines = [json.loads(line) for line in interrupted_clone(("--progress", "json")).err.splitlines()]
equal([(line["phase"], line["interrupted"]) for line in lines[-1:]], [("done", True)])
lines = [json.loads(line) for line in run("zonecopy", "clone", source.path, target.path, "--progress=json", "--resume",
                                          "--verify").err.splitlines()]
phases = [line["phase"] for line in lines]
equal(sorted(set(phases), key=phases.index), ["compare", "clone", "verify", "done"])
equal(lines[-1]["done_bytes"], lines[-1]["total_bytes"])
lines = [json.loads(line) for line in run("zonecopy", "clone", source.path, target.path, "--progress=json").err.splitlines()]
equal((lines[-1]["errno"], lines[-1]["done_bytes"]), ("EEXIST", 0))

# The file system below the destination is full; when there is room again it goes on.
small = small_file_system(40 * MIB)
target = empty_disk(small)
ballast = os.path.join(small, "ballast")
with open(ballast, "wb") as file:
    os.posix_fallocate(file.fileno(), 0, 22 * MIB)
one_line(run("zonecopy", "clone", source.path, target.path), 1, target.path, "No space left", "--resume")
check(super_block(target.path) is None, "no file system yet")
one_line(run("zonecopy", "clone", source.path, target.path, "--resume"), 1, "No space left")
os.unlink(ballast)
equal(clone(source.path, target.path, "--resume", "--verify")["verified"], True, "with room")
check_same(source, target, "after a full disk")

# Nobody reads what it prints, or its descriptors are closed.
target = empty_disk()
ended = run("sh", "-c", 'exec zonecopy clone "$1" "$2" >/dev/full', "sh", source.path, target.path)
equal(ended.status, 1, "a report that cannot be written is a failure")
check_same(source, target, "all is there, all the same")
target = empty_disk()
equal(run("sh", "-c", 'exec zonecopy clone -q "$1" "$2" <&- >&- 2>&-', "sh", source.path, target.path).status, 0)
check_same(source, target, "without descriptors")
