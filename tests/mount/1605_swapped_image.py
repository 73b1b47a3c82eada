#!/usr/bin/env python3
"""Whoever waits for an image gets that image, whatever its name leads to by then."""
from zctest import *

image, other = Image(), Image()
point = os.path.join(TMP, "point")
os.mkdir(point)
disk = file_with("disk", pattern(8 * MIB))
for victim in (other.path, disk):
    for command in (("zonecopyfs", image.path, point), ("mkfs.zonecopyfs", "-f", image.path)):
        kept = f"{image.path}.kept"
        with unchanged(victim), opened(image.path, O_RDONLY) as holder:
            fcntl.flock(holder, fcntl.LOCK_EX)
            started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            # It has looked at the image when it has it open.
            inode = os.fstat(holder).st_ino

            def has_it_open():
                for entry in os.listdir("/proc"):
                    with contextlib.suppress(OSError):
                        if entry.isdigit() and int(entry) != os.getpid():
                            for fd in os.listdir(f"/proc/{entry}/fd"):
                                if os.stat(f"/proc/{entry}/fd/{fd}").st_ino == inode:
                                    return True
                return False

            eventually(has_it_open, True, what="somebody waits")
            os.rename(image.path, kept)
            os.symlink(victim, image.path)
            fcntl.flock(holder, fcntl.LOCK_UN)
            _, err = started.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
            check(started.returncode in (0, 1), f"{command}: {started.returncode} {err}")
        if os.path.ismount(point):
            equal(len(os.listdir(os.path.join(point, "seq"))), 11, "it is the image that was named")
            must("umount", point)
        os.unlink(image.path)
        os.rename(kept, image.path)
        must("flock", image.path, "true")  # waits until the image is free again
