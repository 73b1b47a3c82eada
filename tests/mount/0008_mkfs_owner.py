#!/usr/bin/env python3
"""An image that an ordinary user formats belongs to that user, who mounts and writes it; root's formats stay as mkzonefs' are."""
from zctest import *

need_program("fusermount3")
need_program("setpriv")
USER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
os.chmod("/dev/fuse", 0o666)  # as udev makes it
os.chmod(TMP, 0o755)
home = os.path.join(TMP, "home")
point = os.path.join(home, "mnt")
disk = os.path.join(home, "disk.img")
os.makedirs(point)
for path in (home, point):
    os.chown(path, 65534, 65534)
SIZES = ("--size", 12 * 4 * MIB, "--zone-size", 4 * MIB)


def owner_of_files():
    """Owner and group of a file, as another mount, root's, shows them."""
    must("zonecopyfs", disk, point)
    facts = os.stat(f"{point}/seq/0")
    must("umount", point)
    return facts.st_uid, facts.st_gid


must(*USER, "zonecopy", "image", "create", disk, *SIZES)
said = succeeds(*USER, "mkfs.zonecopyfs", disk)
for line in ("File UID: 65534 (yours, as no uid= is given)", "File GID: 65534 (yours, as no gid= is given)"):
    check(line in said.out, f"expected {line!r}: {said}")
succeeds(*USER, "zonecopyfs", disk, point)


def use():
    equal(write_direct(f"{point}/seq/0", pattern(8192)), 8192)
    same_bytes(content(f"{point}/seq/0"), pattern(8192), "seq/0")
    os.truncate(f"{point}/seq/0", 0)


as_nobody(use)
succeeds(*USER, "fusermount3", "-u", point)

for command in (("mkfs.zonecopyfs", "-f"), ("zonecopy", "format", "-f")):
    for given, owner in (((), (65534, 65534)), (("-o", "uid=0"), (0, 65534)), (("-o", "gid=7"), (65534, 7)),
                         (("-o", "uid=0,gid=0"), (0, 0))):
        said = succeeds(*USER, *command, *given, disk)
        check(said.out.count("yours") == 2 - str(given).count("id="), f"{command} {given}: {said}")
        equal(owner_of_files(), owner, f"{command} {given}")

said = succeeds("mkfs.zonecopyfs", "-f", disk)
check("yours" not in said.out, f"root's: {said}")
equal(owner_of_files(), (0, 0), "root's")
