#!/usr/bin/env python3
"""Where `zonecopy run` cannot supervise, the command is not run: one clear line and status 125. And --require-offload."""
import errno

from zctest import *

ran = os.path.join(TMP, "ran")
COMMAND = ("zonecopy", "run", "--", "touch", ran)


def refuses(*wrapper, words):
    one_line(run(*wrapper, *COMMAND), 125, *words)
    check(not os.path.exists(ran), f"{wrapper}: the command was run")


# Under another notifier.
refuses("zonecopy", "run", "--", words=("already supervises",))
# What a container forbids, or an old kernel has not: {system call: errno}.
FORBID = """
import sys
sys.path.insert(0, {here!r})
from without_copy import ALLOW, JUMP_IF_EQUAL, LOAD_WORD, RETURN, SYSTEM_CALL, become
filter = [(LOAD_WORD, 0, 0, SYSTEM_CALL), (JUMP_IF_EQUAL, 0, 1, {number}), (RETURN, 0, 0, 0x00050000 | {code}), (RETURN, 0, 0, ALLOW)]
become(filter)
"""
SECCOMP, GETFD, READ_MEMORY = {"x86_64": (317, 438, 310), "aarch64": (277, 438, 270)}[os.uname().machine]
for number, code, words in ((SECCOMP, errno.EPERM, ("seccomp is forbidden here",)), (SECCOMP, errno.ENOSYS, ("this kernel has no",)),
                            (SECCOMP, errno.EINVAL, ("this kernel has no",)), (GETFD, errno.EPERM, ("may not be looked into",)),
                            (READ_MEMORY, errno.EPERM, ("may not be looked into",)), (GETFD, errno.ENOSYS, ("Function not implemented",))):
    refuses(sys.executable, "-c", FORBID.format(here=HERE, number=number, code=int(code)), words=words)

# Without /proc, or with that of other processes, whose numbers mean others.
ended = run("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", *COMMAND)
check(ended.status != 0 and "/proc is not mounted" in ended.err, f"without /proc: {ended}")  # where sanitizers complain too
check(not os.path.exists(ran), "without /proc: the command was run")
refuses("unshare", "-pf", words=("/proc is not mounted",))
equal(run("unshare", "-pf", "--mount-proc", "zonecopy", "run", "--", "true").status, 0, "a namespace with its own /proc")

# --require-offload: a clone that nobody but the host could carry out fails, and the old zone is whole.
old, data = pattern(MIB, 2), pattern(2 * MIB)
REQUIRE = ("zonecopy", "run", "--require-offload", "--")
for place in places():
    image = Image(directory=place)
    fs = image.mount()
    write_direct(fs.seq(0), data)
    write_direct(fs.seq(1), old)
    offloads = shares_extents(place)
    ended = run(*REQUIRE, "cp", "--reflink=always", fs.seq(0), fs.seq(1))
    if offloads:
        equal(ended.status, 0, f"offloaded: {ended}")
        same_bytes(content(fs.seq(1)), data, "offloaded")
    else:
        one_line(ended, 1, "Input/output error")
        same_bytes(content(fs.seq(1)), old, "not offloaded: the old zone")
        succeeds("zonecopy", "run", "cp", "--reflink=always", fs.seq(0), fs.seq(1))
        same_bytes(content(fs.seq(1)), data, "not required")
    # As the mount says: emulated, and refused by one with copy=offload.
    must("mount.zonecopyfs", image.path, fs.path, "-o", "remount,copy=emulate")
    os.truncate(fs.seq(2), 0)
    write_direct(fs.seq(2), old)
    one_line(run(*REQUIRE, "cp", "--reflink=always", fs.seq(0), fs.seq(2)), 1, "Input/output error")
    same_bytes(content(fs.seq(2)), old, "emulated, where offload is required: the old zone")
    before = fs.copy_counters()
    succeeds("zonecopy", "run", "cp", "--reflink=always", fs.seq(0), fs.seq(2))
    same_bytes(content(fs.seq(2)), data, "emulated")
    equal(fs.counter("bytes_emulated"), len(data), f"emulated, before {before}")
    fs.unmount()
without = Image()
fs = without.mount("copy=offload", wrapper=WITHOUT_COPY)
write_direct(fs.seq(0), data)
one_line(run("zonecopy", "run", "cp", "--reflink=always", fs.seq(0), fs.seq(1)), 1, "Input/output error")
equal(os.stat(fs.seq(1)).st_size, 0, "nothing was copied")
