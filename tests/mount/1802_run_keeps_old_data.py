#!/usr/bin/env python3
"""Under `zonecopy run` a zone that is opened with O_TRUNC is not emptied before it is needed: what a clone that cannot succeed leaves
behind, what other programs find, and that everything else still empties it."""
import glob

from zctest import *

need_program("busybox")
RUN = ("zonecopy", "run", "--")
image = Image(zones=12, zone_size=4 * MIB, conventional=2)
fs = image.mount()
data, old = pattern(2 * MIB), pattern(MIB, 2)
outside = file_with("outside", data)
write_direct(fs.seq(0), data)
odd = file_with("odd", data[:5000])
nothing = file_with("nothing", b"")


def readable_and_empty(path):
    try:
        return content(path) == b""
    except OSError:
        return False


def with_old(number=1):
    os.truncate(fs.seq(number), 0)
    write_direct(fs.seq(number), old)
    return fs.seq(number)


def keeps(*command, words, target=None):
    target = target or with_old()
    was = content(target)
    ended = run(*RUN, *command, target)
    check(ended.status != 0 and words in ended.err, f"{command}: expected {words!r}: {ended}")
    same_bytes(content(target), was, f"{command}: the old zone")
    equal(image.seq_zone(1).written, len(was), f"{command}: the write pointer")


for cp in (("cp", "--reflink=always"), ("busybox", "cp", "--reflink=always")):
    keeps(*cp, outside, words="cross-device")  # another file system
    keeps(*cp, odd, words="cross-device")
other = Image(zones=6, zone_size=16 * MIB)
other_fs = other.mount()
write_direct(other_fs.seq(0), data)
keeps("cp", "--reflink=always", other_fs.seq(0), words="cross-device")  # another mount
for length in (4096 + 512, 8 * MIB):
    with open(file_with("some", b""), "r+b") as file:
        file.truncate(length)
    keeps("cp", "--reflink=always", os.path.join(TMP, "some"), words="cross-device")
keeps("cp", "--reflink=always", fs.path, words="directory")
# What is no regular file, and what cannot be read at all: only a source that is known to be empty empties the zone.
keeps("cp", "--reflink=always", "/dev/zero", words="cross-device")
keeps("cp", "--reflink=always", "/proc/cpuinfo", words="cross-device")
keeps("sh", "-c", 'echo words | cp --reflink=always /dev/stdin "$0"', words="cross-device")
NO_SOURCE = """
import fcntl, os, sys
target = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
{clone}
"""
for clone in (f"fcntl.ioctl(target, 0x40049409, 999)", "fcntl.ioctl(target, 0x40049409, os.open('/', os.O_RDONLY))",
              f"fcntl.ioctl(target, 0x40049409, os.open({fs.seq(0)!r}, os.O_WRONLY))",
              "import ctypes; sys.exit(bool(ctypes.CDLL(None).ioctl(target, ctypes.c_ulong(0x4020940d), ctypes.c_void_p(8))))"):
    keeps("python3", "-c", NO_SOURCE.format(clone=clone), words="")

# Larger than the zone: a conventional file may be longer than a sequential one, where zones of one kind are joined.
joined = Image(zones=8, zone_size=4 * MIB, conventional=4, mkfs=("-o", "aggr_cnv"))
joined_fs = joined.mount()
with opened(joined_fs / "cnv/0", O_WRONLY) as fd:
    os.pwrite(fd, pattern(8192), 0)
target = joined_fs.seq(0)
write_direct(target, old)
ended = run(*RUN, "cp", "--reflink=always", joined_fs / "cnv/0", target)
check(ended.status != 0 and "No space left" in ended.err, f"larger than the zone: {ended}")
same_bytes(content(target), old, "larger than the zone: the old zone")

# A misaligned clone by a program that opens with O_TRUNC, in each way there is to open.
PROGRAM = """
import ctypes, errno, fcntl, os, struct, sys
how, source, target = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
flags = os.O_WRONLY | os.O_TRUNC
if how == "creat":
    fd = libc.creat(target.encode(), 0o644)
elif how == "open":
    fd = libc.syscall(2, target.encode(), flags | os.O_CREAT, 0o644)
elif how == "openat2":
    fd = libc.syscall(437, -100, target.encode(), struct.pack("QQQ", flags, 0, 0), ctypes.c_long(24))
elif how == "dirfd":
    fd = os.open(os.path.basename(target), flags, dir_fd=os.open(os.path.dirname(target), os.O_RDONLY))
elif how == "cwd":
    os.chdir(os.path.dirname(target))
    fd = os.open("../seq/./" + os.path.basename(target), flags)
elif how == "link":
    link = os.path.join(os.environ["ZCTEST_TMP"], "link")
    os.symlink(target, link)
    fd = os.open(link, flags)
    os.unlink(link)
else:
    fd = os.open(target, flags | getattr(os, how))
assert fd >= 0, os.strerror(ctypes.get_errno())
assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
wanted = how not in ("creat", "open", "openat2")  # Python opens so
assert bool(fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC) == wanted, how
try:
    fcntl.ioctl(fd, 0x4020940d, struct.pack("qQQQ", os.open(source, os.O_RDONLY), 512, 4096, 0))
except OSError as error:
    assert error.errno == errno.EINVAL, error
else:
    raise SystemExit("a misaligned clone succeeded")
"""
ways = ["openat2", "dirfd", "cwd", "link", "O_CREAT", "O_DSYNC", "O_NONBLOCK", "O_NOFOLLOW", "O_DIRECT", "O_NOATIME"]
if os.uname().machine == "x86_64":
    ways += ["creat", "open"]
for how in ways:
    target = with_old()
    succeeds(*RUN, "python3", "-c", PROGRAM, how, fs.seq(0), target)
    same_bytes(content(target), old, f"{how}: the old zone")

# What goes on after a refusal, or never asks, empties the zone as ever.
for cp in (("cp",), ("cp", "--reflink=auto"), ("cp", "--reflink=never"), ("busybox", "cp"), ("dd", "bs=64k", "status=none"), ("sh", "-c", 'cat "$0" >"$1"')):
    target = with_old()
    arguments = (f"if={outside}", f"of={target}") if cp[0] == "dd" else (outside, target)
    succeeds(*RUN, *cp, *arguments)
    same_bytes(content(target), data, f"{cp}")
    equal(os.stat(target).st_size, len(data), f"{cp}: size")
# Files of /sys say that they have a page, and some are empty: there a read finds that out.
empty_in_sys = next((path for path in glob.glob("/sys/kernel/slab/*/validate") if readable_and_empty(path)), None)
for how in (("cp", "/dev/null"), ("cp", "--reflink=always", "/dev/null"), ("cp", empty_in_sys), ("cp", "--reflink=always", empty_in_sys),
            ("sh", "-c", 'true | cp /dev/stdin "$0"')):
    if None not in how:
        target = with_old()
        succeeds(*RUN, *how, target)
        equal(os.stat(target).st_size, 0, f"{how}: size at once")
for number in range(20):
    target = with_old()
    how = (("cp", "/dev/null"), ("cp", nothing), ("cp", "--reflink=never", nothing), ("sh", "-c", ': >"$0"'), ("cp", "--reflink=always", nothing))[number % 5]
    succeeds(*RUN, *how, target)
    equal(os.stat(target).st_size, 0, f"{how}: size at once")
    equal(content(target), b"", f"{how}: contents at once")
    eventually(lambda: image.seq_zone(1).written, 0, f"{how}: the write pointer")
with open("/proc/cpuinfo", "rb") as file:
    ended = run(*RUN, "cp", "/proc/cpuinfo", with_old())  # looks empty and is not: written in the end, and odd
check(len(content(fs.seq(1))) != len(old), "a file of /proc")

# Truncated by name or by descriptor, appended to, kept open by two.
WRITERS = """
import os, sys
target, what = sys.argv[1:]
fd = os.open(target, os.O_RDWR | os.O_TRUNC)
assert os.read(fd, 10) == b"", "reads find old contents"
if what == "ftruncate": os.ftruncate(fd, 0)
if what == "truncate": os.truncate(target, 0)
if what == "dup":
    copy = os.dup(fd)
    os.close(fd)
    os.pwrite(copy, bytes(4096), 0)
if what == "child":
    if os.fork() == 0:
        os.write(fd, bytes(4096))
        os._exit(0)
    os.wait()
if what == "append":
    other = os.open(target, os.O_WRONLY | os.O_APPEND)
    os.write(other, bytes(4096))
if what == "twice":
    other = os.open(target, os.O_WRONLY | os.O_TRUNC)
    os.write(other, bytes(4096))
    os.close(fd)
    assert os.fstat(other).st_size == 4096
"""
for what, size in (("ftruncate", 0), ("truncate", 0), ("dup", 4096), ("child", 4096), ("append", 4096), ("twice", 4096), ("close", 0)):
    target = with_old()
    succeeds(*RUN, "python3", "-c", WRITERS, target, what)
    equal(len(content(target)), size, what)

# Conventional files have no size to lose.
with opened(fs / "cnv/0", O_WRONLY) as fd:
    os.pwrite(fd, data, 0)
ended = run(*RUN, "python3", "-c", f"""
import fcntl, os
fcntl.ioctl(os.open({fs.path!r} + "/cnv/0", os.O_WRONLY), 0x40049409, os.open({fs.seq(0)!r}, os.O_RDONLY))""")
equal(ended.status, 0, "a clone into a conventional file")
same_bytes(content(fs / "cnv/0")[:len(data)], data, "a conventional file")

# A source that turns out to be gone when it is read.
write_direct(fs.seq(3), data)
with_old()
image.set_seq(3, "offline")
keeps("cp", "--reflink=always", fs.seq(3), words="not permitted", target=fs.seq(1))

# One that could not be read from the beginning has size 0, and is not empty for that.
fs.unmount()
fs = image.mount()
equal(os.stat(fs.seq(3)).st_size, 0, "an offline zone")
keeps("cp", "--reflink=always", fs.seq(3), words="not permitted")

# A file is no source for itself: what it would give is what is to go.
self_clone = """import fcntl, os, sys
into = os.open(sys.argv[1], os.O_RDWR | os.O_TRUNC)
fcntl.ioctl(into, 0x40049409, os.open(sys.argv[1], os.O_RDONLY))"""
fs = (image := Image()).mount()
write_direct(fs.seq(0), pattern(MIB))
ended = run("zonecopy", "run", "python3", "-c", self_clone, fs.seq(0))
check(ended.status == 1 and "Invalid argument" in ended.err, f"a file onto itself: {ended}")
same_bytes(content(fs.seq(0)), pattern(MIB), "a file onto itself: the old zone")

# Whoever looks at a file that was opened with O_TRUNC finds it empty, as without zonecopy run.
ended = run("zonecopy", "run", "perl", "-e", 'open(F, ">", $ARGV[0]); seek(F, 0, 2); print F "x" x 4096; close F', fs.seq(0))
equal(ended.status, 0, f"written at the end: {ended}")
same_bytes(content(fs.seq(0)), b"x" * 4096, "written at the end of what was truncated")
write_direct(fs.seq(1), pattern(MIB))
equal(run("zonecopy", "run", "sh", "-c", f"cat {fs.seq(1)} > {fs.seq(1)} && ! test -s {fs.seq(1)}").status, 0, "read by another")
equal(os.stat(fs.seq(1)).st_size, 0)
