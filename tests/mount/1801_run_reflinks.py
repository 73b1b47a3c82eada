#!/usr/bin/env python3
"""Under `zonecopy run` reflinks of zone files succeed, and are what the mount copies: cp, busybox, xfs_io, Python, a static program,
children and threads; on XFS extents are shared."""
from zctest import *

for name in ("xfs_io", "filefrag", "gcc", "busybox"):
    need_program(name)
FICLONE, FICLONERANGE = 0x40049409, 0x4020940d
place = xfs()
image = Image(zones=24, zone_size=4 * MIB, directory=place)
fs = image.mount("copy=offload")
data = pattern(2 * MIB)
write_direct(fs.seq(0), data)
RUN = ("zonecopy", "run", "--")
copied = 0


def cloned(*command, into, expected=data):
    """Checks what a command has made of a zone: the device, and nobody else, has copied it."""
    global copied
    succeeds(*RUN, *command)
    same_bytes(content(fs.seq(into)), expected, " ".join(map(str, command)))
    copied += len(expected)
    equal({path: bytes for path, (bytes, _) in fs.copy_counters().items()}, {"offloaded": copied}, str(command))


cloned("cp", "--reflink=always", fs.seq(0), fs.seq(1), into=1)
cloned("cp", "--reflink", fs.seq(0), fs.seq(2), into=2)
cloned("cp", fs.seq(0), fs.seq(3), into=3)
write_direct(fs.seq(4), pattern(3 * MIB, 4))
cloned("cp", "--reflink=always", fs.seq(0), fs.seq(4), into=4)  # over other data
os.truncate(fs.seq(4), 4 * MIB)
cloned("cp", "--reflink=always", fs.seq(0), fs.seq(4), into=4)  # over a full zone
cloned("cp", "--reflink=always", fs.seq(4), fs.seq(4 + 1), into=5)  # of a clone
cloned("busybox", "cp", "--reflink=always", fs.seq(0), fs.seq(6), into=6)
cloned("xfs_io", "-c", f"reflink {fs.seq(0)}", fs.seq(7), into=7)
cloned("sh", "-c", f"cd {fs.path}/seq && cp --reflink=always 0 ../seq/8", into=8)  # a child, and relative paths

# Ranges: at the write pointer, and up to the end.
parts = data[MIB:MIB + 8192]
cloned("xfs_io", "-c", f"reflink {fs.seq(0)} {MIB} 0 8192", fs.seq(9), into=9, expected=parts)
copied -= len(parts)  # the first part is counted twice
cloned("python3", "-c", f"""
import fcntl, os, struct
source, target = os.open({fs.seq(0)!r}, os.O_RDONLY), os.open({fs.seq(9)!r}, os.O_RDWR)
fcntl.ioctl(target, {FICLONERANGE}, struct.pack("qQQQ", source, 2 * {MIB} - 4096, 0, 8192))
assert os.lseek(target, 0, os.SEEK_CUR) == 0
fcntl.ioctl(target, {FICLONERANGE}, struct.pack("qQQQ", source, 2 * {MIB}, 0, 8192 + 4096))  # nothing
""", into=9, expected=parts + data[-4096:])

# Threads, each with files of its own.
threads = f"""
import fcntl, os, threading
failures = []
def clone(number):
    try:
        with open({fs.seq(0)!r}, "rb") as source, open(f"{fs.path}/seq/{{number}}", "wb") as target:
            fcntl.ioctl(target, {FICLONE}, source.fileno())
    except OSError as error:
        failures.append(error)
threads = [threading.Thread(target=clone, args=(number,)) for number in (10, 11, 12, 13)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failures, failures
"""
copied += 3 * len(data)
cloned("python3", "-c", threads, into=10)
for number in (11, 12, 13):
    same_bytes(content(fs.seq(number)), data, "a thread's clone")

# A static program, to which no library can be preloaded.
source = file_with("clone.c", f"""
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
int main(int count, char **names) {{
  struct file_clone_range range = {{open(names[1], O_RDONLY), 0, 0, 0}};
  int target = open(names[2], O_WRONLY | O_TRUNC | O_CREAT, 0644);
  if (ioctl(target, FICLONERANGE, &range) == 0) return 0;
  perror("FICLONERANGE");
  return 1;
}}
""".encode())
static = os.path.join(TMP, "clone")
must("gcc", "-static", "-o", static, source)
write_direct(fs.seq(14), pattern(MIB, 14))
cloned(static, fs.seq(0), fs.seq(14), into=14)
equal(run(static, fs.seq(0), fs.seq(15)).status, 1, "without zonecopy run")

# A 32-bit program, as far as the kernel sees: by the system calls that those have.
if os.uname().machine == "x86_64":
    source = file_with("clone32.c", b"""
#include <fcntl.h>
#include <linux/fs.h>
int main(int count, char **names) {
  int source = open(names[1], O_RDONLY), target = open(names[2], O_WRONLY), result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(54), "b"(target), "c"(FICLONE), "d"(source) : "memory");
  return -result;
}
""")
    old_style = os.path.join(TMP, "clone32")
    must("gcc", "-static", "-o", old_style, source)
    if run(old_style, fs.seq(0), fs.seq(15)).status == errno.EOPNOTSUPP:  # else this kernel has no such calls
        cloned(old_style, fs.seq(0), fs.seq(15), into=15)

# Onto itself behind its end, and what the kernel would refuse.
refuse = f"""
import errno, fcntl, os, struct
def refused(code, source, target, *numbers):
    try:
        fcntl.ioctl(target, {FICLONERANGE}, struct.pack("qQQQ", source, *numbers))
    except OSError as error:
        assert error.errno == code, error
    else:
        raise SystemExit(f"expected {{errno.errorcode[code]}}")
source, target = os.open({fs.seq(0)!r}, os.O_RDONLY), os.open({fs.seq(9)!r}, os.O_RDWR)
end = os.fstat(target).st_size
refused(errno.EINVAL, source, target, 0, 4096, 0)             # not at the write pointer
refused(errno.EINVAL, source, target, 0, 4096, end + 4096)
refused(errno.EINVAL, source, target, 512, 4096, end)         # not whole blocks
refused(errno.EINVAL, source, target, 0, 512, end)
refused(errno.EINVAL, source, target, 0, 4 * {MIB}, end)      # more than there is
refused(errno.EBADF, target, source, 0, 4096, 0)              # only readable
refused(errno.EBADF, source, os.open({fs.seq(9)!r}, os.O_WRONLY | os.O_APPEND), 0, 4096, end)
refused(errno.EBADF, os.open({fs.seq(0)!r}, os.O_WRONLY), target, 0, 4096, end)
refused(errno.EBADF, 999, target, 0, 4096, end)
refused(errno.EXDEV, os.open("/etc/passwd", os.O_RDONLY), target, 0, 0, end)
refused(errno.EISDIR, os.open({fs.path!r}, os.O_RDONLY), target, 0, 0, end)
assert os.fstat(target).st_size == end
fcntl.ioctl(target, {FICLONERANGE}, struct.pack("qQQQ", target, 0, 4096, end))
"""
copied -= len(parts) + 4096
cloned("python3", "-c", refuse, into=9, expected=parts + data[-4096:] + parts[:4096])

# Nothing was moved: the image's extents are shared.
must("sync", "-f", image.path)
shared = sum(int(line.split()[5].rstrip(":")) for line in must("filefrag", "-v", image.path).out.splitlines() if "shared" in line)
check(shared >= 14 * 2 * MIB // 4096, f"only {shared} blocks are shared")
