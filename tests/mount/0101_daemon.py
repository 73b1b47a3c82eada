#!/usr/bin/env python3
"""zonecopyfs returns when, and only when, the mount serves; unmounting ends the daemon and frees the device."""
from zctest import *

image = Image()
point = os.path.join(TMP, "point")
os.mkdir(point)
for round_number in range(8):
    started = run("zonecopyfs", image.path, point)
    equal((started.status, started.out, started.err), (0, "", ""), "a mount says nothing")
    # No waiting: the next system call has to work.
    equal(len(os.listdir(os.path.join(point, "seq"))), 11)
    must("umount", point)
    # And the device is free, if not at once then for the mount that follows.

fs = image.mount()
standard = [os.readlink(f"/proc/{fs.pid}/fd/{number}") for number in range(3)]
equal(standard, ["/dev/null"] * 3, "a daemon's standard files")
equal(os.getsid(fs.pid) != os.getsid(0), True, "a session of its own")
equal(os.readlink(f"/proc/{fs.pid}/cwd"), "/", "no directory is kept busy")
fs.unmount()

# A caller that reads the output to its end is not kept waiting by the daemon.
piped = subprocess.run(["zonecopyfs", image.path, point], stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=waiting.HANG_LIMIT_SECONDS, check=False)
equal(piped.returncode, 0)
fs.path = point
fs.found_again().unmount()

# An open file keeps a mount busy; a lazy unmount waits for its end.
fs = image.mount()
with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
    ended = run("umount", fs.path)
    check(ended.status != 0 and "busy" in ended.err, f"umount with an open file: {ended}")
    equal(os.pwrite(fd, aligned(4096), 0), 4096, "after a refused umount")
    must("umount", "-l", fs.path)
    check(not os.path.ismount(fs.path), "still in sight after umount -l")
    equal(os.pwrite(fd, aligned(4096), 4096), 4096, "after umount -l")
    check(fs.alive(), "the daemon ended while a file was open")
fs.wait_for_end()
fs = image.mount(point=fs.path)
equal(os.stat(fs.seq(0)).st_size, 8192)
if shutil.which("fusermount3"):
    must("fusermount3", "-u", fs.path)
    fs.wait_for_end()
