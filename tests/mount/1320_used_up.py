#!/usr/bin/env python3
"""What is used up - threads, descriptors, file sizes, room for messages, a system call - is one clear line or an errno."""
import resource

from zctest import *

need_program("strace")
image = Image(zones=4)
point = os.path.join(TMP, "point")
os.mkdir(point)


def with_fault(fault, *words):
    """Runs zonecopyfs with system calls that fail. Sanitizers cannot look for leaks beside a tracer."""
    return run("strace", "-f", "-qq", "-o", os.path.join(TMP, "trace"), "-e", f"inject={fault}", "zonecopyfs", image.path, point, *words,
               env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})


# io_uring: what is used up is told as that, and not as a kernel that has none; a kernel that takes no work is no endless wait.
for fault, words in (("io_uring_setup:error=EMFILE", "ulimit -n"), ("io_uring_setup:error=ENFILE", "file-max"),
                     ("io_uring_setup:error=ENOMEM", "not enough memory"), ("io_uring_setup:error=ENOSYS", "no io_uring"),
                     ("io_uring_setup:error=EPERM", "no io_uring"), ("io_uring_enter:error=EPERM", "forbids it"),
                     ("io_uring_enter:error=ENOSYS", "no io_uring"), ("eventfd2:error=EMFILE", "too many open files"),
                     ("clone3,clone:error=EAGAIN", "ulimit -u")):
    background = fault.startswith(("io_uring", "eventfd"))
    ended = with_fault(fault, *(() if background else ("-f",)))
    one_line(ended, 1, words)
    check("no io_uring" in words or "no io_uring" not in ended.err or "forbids" in words, f"{fault}: {ended}")
    check(not os.path.ismount(point), f"{fault}: mounted all the same")


# No thread but the first: what needs one waits its turn.
tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", os.path.join(TMP, "trace"), "-e", "inject=clone3,clone:error=EAGAIN:when=2+",
                           program("zonecopyfs"), image.path, point, "-f"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
mounts_become(lambda: os.path.ismount(point), True, "mounted with one thread")
write_direct(f"{point}/seq/0", pattern(1 * MIB))
at_once(*(lambda to=to: equal(copy_all_of(f"{point}/seq/0", f"{point}/seq/{to}", MIB), MIB) for to in (1, 2)))
same_bytes(content(f"{point}/seq/2"), pattern(1 * MIB), "a copy with one thread")
must("umount", point)
equal(tracer.wait(waiting.HANG_LIMIT_SECONDS), 0)


def start(limits, *words):
    return run("zonecopyfs", image.path, point, *words,
               preexec_fn=lambda: [resource.setrlimit(kind, (value, value)) for kind, value in limits])


# Memory.
if ASAN:
    # The sanitizer's own word about it is no fault, and goes where it is not taken for one.
    limits = dict.fromkeys(("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"), f"log_path={TMP}/out-of-memory")
    limits["ASAN_OPTIONS"] += ":max_allocation_size_mb=1:allocator_may_return_null=1"
    ended = run("zonecopyfs", image.path, point, env={**os.environ, **limits})
    ended.err = "".join(line + "\n" for line in ended.err.splitlines() if line.startswith("zonecopyfs"))
else:
    ended = start([(resource.RLIMIT_AS, 48 * MIB)])
if ended.status == 0 and not ASAN:
    must("umount", point)
else:
    one_line(ended, 1)
    check(not os.path.ismount(point), "mounted all the same")

# File sizes: a write behind the limit fails, the daemon lives, and what is below the limit is written.
image = Image(zones=4)
ended = start([(resource.RLIMIT_FSIZE, os.path.getsize(image.path) - 4 * MIB)])
equal(ended.status, 0, ended.err)
equal(write_direct(f"{point}/seq/0", pattern(4096)), 4096)
refused("EFBIG EIO ENOSPC", write_direct, f"{point}/seq/2", pattern(4096))
same_bytes(content(f"{point}/seq/0"), pattern(4096), "seq/0")
must("umount", point)

# Messages that cannot be written: the mount goes on.
image = Image(zones=4)
for kind in ("full", "pipe", "closed"):
    redirect = {"full": "2>/dev/full", "pipe": '2> >(exec true)', "closed": "2>&-"}[kind]
    started = subprocess.Popen(["bash", "-c", f'exec "$1" -f "$2" "$3" {redirect}', "sh", program("zonecopyfs"), image.path, point],
                               stdin=subprocess.DEVNULL)
    mounts_become(lambda: os.path.ismount(point), True, kind)
    image.set_seq(0, "offline")
    refused("EIO EPERM", write_direct, f"{point}/seq/0", pattern(4096))
    equal(len(os.listdir(f"{point}/seq")), 3, kind)
    equal(started.poll(), None, f"{kind}: the daemon ended")
    started.terminate()
    equal(started.wait(waiting.HANG_LIMIT_SECONDS), 0, kind)
    image = Image(zones=4)

# The same for programs that print and end: status 1, not a crash.
for words in (("mkfs.zonecopyfs", "-f", "-v", image.path), ("mkfs.zonecopyfs", "--help"), ("zonecopyfs", "--help"),
              ("mount.zonecopyfs", "--help"), ("zonecopy", "report", image.path), ("zonecopy", "report", image.path, "--json")):
    ended = run("bash", "-c", '"$@" >/dev/full', "sh", program(words[0]), *words[1:])
    one_line(ended, 1, "standard output")
    for redirect in ("2>/dev/full", ">/dev/full 2>/dev/full", "2>&-"):
        ended = run("bash", "-c", f'"$@" {redirect}', "sh", program(words[0]), *words[1:])
        check(0 <= ended.status <= 2, f"{words} {redirect}: {ended}")
for words in (("mkfs.zonecopyfs", "/nowhere"), ("zonecopyfs", "/nowhere", point), ("zonecopy", "report", "/nowhere"), ("zonecopy", "nonsense"),
              ("mount.zonecopyfs", "/nowhere", point), ("zonecopyfs", "-o", "nonsense", image.path, point)):
    for redirect in ("2>/dev/full", "2>&-"):
        ended = run("bash", "-c", f'"$@" {redirect}', "sh", program(words[0]), *words[1:])
        check(ended.status in (1, 2, 32), f"{words} {redirect}: {ended}")
