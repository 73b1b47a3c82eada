#!/usr/bin/env python3
"""A mount whose daemon does not answer holds up nobody but its own users: other images are mounted, remounted and unmounted."""
from zctest import *

hanging = Image(zones=4).mount()
os.kill(hanging.pid, signal.SIGSTOP)
image = Image(zones=4)
fs = image.mount()
write_direct(fs.seq(0), pattern(4096))
succeeds("mount.zonecopyfs", image.path, fs.path, "-o", "remount,ro")
refused("EROFS", os.open, fs.seq(0), O_WRONLY)
succeeds("zonecopy", "report", fs.path)
# The question that is never answered is left behind in a thread; a sanitizer that looks for leaks would wait for that.
no_leaks = {**os.environ, "ASAN_OPTIONS": f"{os.environ['ASAN_OPTIONS']}:detect_leaks=0"}
one_line(run("mkfs.zonecopyfs", "-f", image.path, env=no_leaks), 1, f"is mounted at {fs.path}")
one_line(run("mkfs.zonecopyfs", "-f", hanging.image.path, env=no_leaks), 1, "in use")
link = os.path.join(TMP, "umount.zonecopyfs")
os.symlink(program("mount.zonecopyfs"), link)
succeeds(link, fs.path)
fs.wait_for_end()
equal(len(image.report()), 4)
os.kill(hanging.pid, signal.SIGCONT)
hanging.unmount()
