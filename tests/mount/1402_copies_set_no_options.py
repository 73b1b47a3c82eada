#!/usr/bin/env python3
"""Copying with all attributes neither fails nor reconfigures: status attributes are not listed and cannot be written."""
from zctest import *

need_program("setfattr")
first = Image(zones=4, max_open=2, max_active=2).mount("errors=zone-offline,copy=emulate")
image = Image(zones=4)
second = image.mount("errors=repair,copy=auto")
write_direct(first.seq(0), pattern(8192))
options = second.counter("options")
equal(os.listxattr(first.path), [], "nothing is listed")
equal(os.listxattr(first.seq(0)), [])
for name in ("options", "bytes_offloaded", "read_only", "nonsense"):
    refused("EOPNOTSUPP", os.setxattr, second.path, f"user.zonecopy.{name}", b"errors=zone-ro")
    refused("EOPNOTSUPP", os.removexattr, second.path, f"user.zonecopy.{name}")
check("copy=emulate" in first.counter("options"), "they can be read by name")

# What a user has prepared, with every name there is or was, and root copies.
evil = os.path.join(TMP, "evil")
os.makedirs(os.path.join(evil, "seq"))
for name in ("user.zonecopy.options", "user.zonecopy.remount", "user.zonecopy.copy", "user.mine"):
    os.setxattr(evil, name, b"copy=emulate,errors=zone-ro")


def same_options(what):
    equal(second.counter("options"), options, f"{what}: the options of the other mount")


# The files of a mount have no attributes at all to copy.
ended = run("cp", "-a", f"{first.path}/.", f"{second.path}/")
check("attribute" not in ended.err, f"cp -a: {ended}")
same_options("cp -a")
same_bytes(content(second.seq(0)), pattern(8192), "cp -a has copied")
outside = os.path.join(TMP, "outside")
succeeds("cp", "-a", first.path, outside)
equal(os.listxattr(outside), [], "cp -a out of a mount takes nothing along")
succeeds("tar", "--xattrs", "-C", first.path, "-cf", os.path.join(TMP, "tree.tar"), "seq/0")
run("cp", "-a", "--preserve=xattr", f"{evil}/.", f"{second.path}/")
same_options("cp -a of what somebody has prepared")
succeeds("tar", "--xattrs", "--xattrs-include=*", "-C", evil, "-cf", os.path.join(TMP, "evil.tar"), ".")
run("tar", "--xattrs", "--xattrs-include=*", "-C", second.path, "-xf", os.path.join(TMP, "evil.tar"))
same_options("tar")
if shutil.which("rsync"):
    run("rsync", "-aX", f"{evil}/", f"{second.path}/")
    same_options("rsync -X")
    succeeds("rsync", "-aX", f"{first.path}/", os.path.join(TMP, "synced"))

# The way in for a remount: for root alone, and without an answer.
REMOUNT = "trusted.zonecopy.remount"
refused("ENODATA EOPNOTSUPP", os.getxattr, second.path, REMOUNT)


def not_mine():
    refused("EPERM", os.setxattr, second.path, REMOUNT, b"errors=zone-ro")


as_nobody(not_mine)
same_options("another user")
equal(run("mount.zonecopyfs", image.path, second.path, "-o", "remount,errors=zone-ro").status, 0)
check("errors=zone-ro" in second.counter("options"), f"a remount still works: {second.counter('options')}")
