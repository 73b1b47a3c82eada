#!/usr/bin/env python3
"""Where the kernel takes no more work from the event loop, the mount ends in order: it is gone, and the log says why."""
from zctest import *

need_program("strace")
# Requests that are under way are not finished any more; LeakSanitizer would say so, and does not work beside strace.
sanitizers = os.environ.get("ASAN_OPTIONS", "")
fs = Image().mount(foreground=True, wrapper=("env", f"ASAN_OPTIONS={sanitizers}:detect_leaks=0"))
write_direct(fs.seq(0), pattern(8192))
tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=io_uring_enter", "-e",
                           "inject=io_uring_enter:error=EBADF", "-p", str(fs.pid)], stdin=subprocess.DEVNULL)


def read_until_it_fails():
    """The call that is under way when the tracer comes is the last that works."""
    with contextlib.suppress(OSError):
        while True:
            content(fs.seq(0))
            drop_caches()


at_once(read_until_it_fails)
fs.wait_for_end()
tracer.wait()
check(not os.path.ismount(fs.path), "a dead mount is left")
check("io_uring enter" in fs.log() and "Bad file descriptor" in fs.log(), f"the log: {fs.log()}")
equal(fs.process.wait(), 1)
