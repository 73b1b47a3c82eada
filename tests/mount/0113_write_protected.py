#!/usr/bin/env python3
"""What cannot be written is not mounted without -o ro, and one line says to add it; mount(8) does not try again by itself."""
from zctest import *

need_program("fusermount3")
need_program("setpriv")
in_own_mount_namespace()
helpers_in_sbin()
USER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
os.chmod("/dev/fuse", 0o666)  # as udev makes it
home = os.path.join(TMP, "home")
point = os.path.join(home, "mnt")
os.makedirs(point)
image = Image(directory=home, mkfs=("-o", "uid=65534,gid=65534"))
for path in (home, point, image.path):
    os.chown(path, 65534, 65534)


def refused_until_ro(what, device, *as_whom, umount=("umount",), mounts=True):
    """Without -o ro one line that tells of it, by whichever command, and nothing is mounted; with it a mount."""
    for command in (("zonecopyfs", device, point), ("mount.zonecopyfs", device, point, "-o", "rw"),
                    *((("mount", "-t", "zonecopyfs", device, point),) if not as_whom else ())):
        ended = one_line(run(*as_whom, *command), 1, "add -o ro", device)
        check(not os.path.ismount(point), f"{what}, {command}: mounted all the same: {ended}")
        if mounts:
            succeeds(*as_whom, *command[:3 if command[0] != "mount" else 5], "-o", "ro")
            succeeds(*as_whom, *umount, point)


os.chmod(image.path, 0o444)
refused_until_ro("without w", image.path, *USER, umount=("fusermount3", "-u"))
os.chmod(image.path, 0o600)

# On a file system that is read-only; what mkfs says is no worse.
protected = os.path.join(TMP, "protected")
os.mkdir(protected)
must("mount", "--bind", home, protected)
must("mount", "-o", "remount,bind,ro", protected)
path = os.path.join(protected, os.path.basename(image.path))
refused_until_ro("on a read-only file system", path)
one_line(run("mkfs.zonecopyfs", "-f", path), 1, "cannot be written")

# A block device: a loop device is not zoned, but that is seen later.
loop = run("losetup", "-r", "-f", "--show", image.path)
if loop.status == 0:
    refused_until_ro("a write-protected block device", loop.out.strip(), mounts=False)
    one_line(run("zonecopyfs", loop.out.strip(), point, "-o", "ro"), 1, "not a zoned block device")
    must("losetup", "-d", loop.out.strip())
