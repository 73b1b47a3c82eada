#!/usr/bin/env python3
"""Several devices by mount(8) and fstab: the first is the source, the others come by with=."""
from zctest import *

in_own_mount_namespace()
helpers_in_sbin()
os.chmod("/dev/fuse", 0o666)
images = [Image(), Image(mkfs=("-L", "a, b")), Image()]
paths = [image.path for image in images]
point = os.path.join(TMP, "mnt")
os.mkdir(point)
fstab = os.path.join(TMP, "fstab")
own = os.path.join(TMP, "etc_fstab")
with open(own, "w", encoding="utf-8") as file:
    file.write(f"{paths[0]} {point} zonecopyfs noauto,with={paths[1]},with={paths[2]},names=x:y:z 0 0\n")
must("mount", "--bind", own, "/etc/fstab")


def folders():
    return os.listdir(point) if os.path.ismount(point) else None


succeeds("mount", "-t", "zonecopyfs", paths[0], point, "-o", f"with={paths[1]},with={paths[2]}")
equal(folders(), ["0", "a, b", "2"])
succeeds("umount", point)
succeeds("mount", point)
equal(folders(), ["x", "y", "z"], "fstab")
# mount(8) gives the line of fstab again.
succeeds("mount", "-o", "remount,errors=zone-ro", point)
check("errors=zone-ro" in Folder(os.path.join(point, "z")).counter("options"), "remount")
succeeds("mount", "-o", "remount,ro", point)
equal([Folder(os.path.join(point, name)).counter("read_only") for name in "xyz"], [1, 1, 1])
refused("EROFS", os.truncate, os.path.join(point, "y/seq/0"), 0)
succeeds("mount", "-o", "remount,rw", point)
equal([Folder(os.path.join(point, name)).counter("read_only") for name in "xyz"], [0, 0, 0])
one_line(run("mount", "-o", "remount,names=x:y:w", point), 32, "names=", "remount")
succeeds("umount", paths[0])
equal(folders(), None, "umount by the first device")

# The helper returns when all of them are free; umount(8) runs it where it is told the device.
succeeds("mount", point)
succeeds("umount", paths[0])
for path in paths:
    with opened(path, O_RDWR) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
row = [Image(formatted=False).path for _ in range(2)]
succeeds("mkfs.zonecopyfs", "--concat", *row)
succeeds("mount", "-t", "zonecopyfs", row[0], point, "-o", f"concat,with={row[1]}")
equal(len(os.listdir(os.path.join(point, "seq"))), 11 + 11)
succeeds("mount", "-o", f"remount,errors=repair,concat,with={row[1]}", row[0], point)  # else mount(8) asks fstab
succeeds("/sbin/umount.fuse.zonecopyfs", point)
for path in row:
    with opened(path, O_RDWR) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

# A path with a comma, a relative path, a link.
odd = os.path.join(TMP, "with,comma")
os.rename(paths[1], odd)
link = os.path.join(TMP, "link")
os.symlink(odd, link)
for command in (("mount", "-t", "zonecopyfs", paths[0], point, "-o", f'with="{odd}"'),
                ("zonecopyfs", paths[0], link, point),
                ("zonecopyfs", paths[0], point, "-o", f'with="{odd}"')):
    succeeds(*command)
    equal(folders(), ["0", "a, b"], f"{command}")
    succeeds("umount", point)
os.chdir(TMP)
succeeds("zonecopyfs", os.path.basename(paths[0]), os.path.basename(link), "mnt")
equal(Folder(os.path.join(point, "a, b")).counter("device"), odd)
succeeds("umount", point)
# A remount knows links too, and however many devices there are.
succeeds("zonecopyfs", paths[0], point, "-o", f"with={link},readonly={link}")
succeeds("mount.zonecopyfs", paths[0], point, "-o", f"remount,errors=repair,with={link},readonly={link}")
succeeds("umount", point)
long_folder = os.path.join(TMP, "x" * 200, "y" * 200)
os.makedirs(long_folder)
many = [paths[0], *(Image(zones=3, zone_size=MIB, directory=long_folder).path for _ in range(12))]
succeeds("zonecopyfs", *many, point)
succeeds("mount.zonecopyfs", many[0], point, "-o", "remount,errors=repair")
succeeds("umount", point)
# Where nothing is ever written a remount cannot change it.
succeeds("zonecopyfs", paths[0], paths[2], point, "-o", f"readonly={paths[0]},readonly={paths[2]}")
one_line(run("mount.zonecopyfs", paths[0], point, "-o", "remount,rw"), 32, "cannot be written")
check(os.statvfs(point).f_flag & os.ST_RDONLY, "the mount is read-only")
succeeds("umount", point)
one_line(run("mount", "-t", "zonecopyfs", paths[0], point, "-o", "with=/nonexistent"), (1, 32), "/nonexistent")
equal(folders(), None)
