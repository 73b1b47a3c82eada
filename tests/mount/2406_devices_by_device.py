#!/usr/bin/env python3
"""What is told and changed by device: status, report, mkfs, limits and explicit-open, read-only devices, remounts, umount."""
from zctest import *

limited = Image(max_open=2, max_active=3)
free = Image(zones=6, block=512, mkfs=("-L", "free"))
fs = Mount([limited, free], "explicit-open")
small, large = fs.device(0), fs.device("free")

# Status: an object a device; of a folder that of its device.
whole = fs.status()
equal([device["name"] for device in whole["devices"]], ["0", "free"])
equal([device["device"] for device in whole["devices"]], [limited.path, free.path])
equal(small.status(), whole["devices"][0])
check(whole["devices"][0]["uuid"] != whole["devices"][1]["uuid"], "one super block for both")
text = succeeds("zonecopy", "status", fs.path).out
check(text.count("device_kind") == 2 and "\n\n" in text, f"a paragraph a device: {text}")
one_line(run("zonecopy", "status", fs / "0/seq"), 1, "no mount point of zonecopyfs, nor the folder")
# Report: likewise; and mkfs knows that the second is mounted.
equal([device["device"] for device in json.loads(must("zonecopy", "report", fs.path, "--json").out)["devices"]],
      [limited.path, free.path])
equal(len(report(fs / "free")), 6)
equal(len(report(free.path)), 6, "a device that is mounted as the second")
one_line(run("zonecopy", "report", fs / "free/seq"), 1, "folder of a device")
one_line(run("mkfs.zonecopyfs", "-f", free.path), 1, "mounted at", fs.path)
one_line(run("zonecopyfs", free.path, TMP), 1, free.path)
one_line(run("zonecopy", "compact", fs.path, "--live", "/dev/null", "--map", os.path.join(TMP, "map")), (1, 2))

# Limits are each device's own, and so is explicit-open.
opened_files = [os.open(small.seq(number), O_RDWR) for number in range(2)]
refused("EBUSY", os.open, small.seq(2), O_RDWR)
opened_files += [os.open(large.seq(number), O_RDWR) for number in range(5)]
equal((small.accounting(), large.accounting()), ((2, 2), (5, 0)))
check("explicit-open" in small.counter("options") and "explicit-open" not in large.counter("options"), "by device")
for fd in opened_files:
    os.close(fd)
eventually(lambda: (small.accounting(), large.accounting()), ((0, 0), (0, 0)))
equal((small.counter("max_wro_seq_files"), large.counter("max_wro_seq_files")), (2, 0))

# umount waits until all devices are free, so that each can be mounted at once.
for _ in range(5):
    must("umount", fs.path)
    fs.wait_for_end()
    for image in (limited, free):
        image.mount().unmount()
    fs = Mount([limited, free], point=fs.path)

# A device that is not written among others that are.
write_direct(fs.device("free").seq(0), pattern(8192))
fs.unmount()
os.chmod(free.path, 0o444)
fs = Mount([limited, free], f"readonly={free.path}", point=fs.path)
large = fs.device("free")
equal((large.counter("read_only"), fs.device(0).counter("read_only")), (1, 0))
check(large.counter("read_only_reason"), "a reason")
equal(content(large.seq(0)), pattern(8192))
refused("EROFS", os.open, large.seq(0), O_RDWR)
refused("EROFS", os.truncate, large.seq(0), 0)
succeeds("cp", large.seq(0), fs.device(0).seq(0))
check(not fs.read_only_in_mount_table(), "the mount can be written")
# A remount leaves it as it is, and changes the others.
in_force = os.getxattr(fs.path, "user.zonecopy.options").decode()
check(f"readonly={free.path}" in in_force, in_force)


def remount(options):
    os.setxattr(fs.path, "trusted.zonecopy.remount", options.encode())


remount("errors=repair")
equal([device["options"].split(",")[1] for device in fs.status()["devices"]], ["errors=repair"] * 2)
equal((large.counter("read_only"), fs.device(0).counter("read_only")), (1, 0))
for wrong in ("readonly=/elsewhere", "names=a:b", "concat", "with=/dev/null", "cross-namespace=off"):
    refused("EINVAL", remount, wrong)
refused("EOPNOTSUPP", os.setxattr, fs / "0/seq", "trusted.zonecopy.remount", b"ro")
fs.unmount()
os.chmod(free.path, 0o644)

# Without readonly= no device is left out of what is asked for.
for command, words in (
        (("zonecopyfs", limited.path, limited.path, TMP), ("given twice", limited.path)),
        (("zonecopyfs", limited.path, free.path, TMP, "-o", f"readonly={TMP}"), ("readonly= names none",)),
        (("zonecopyfs", limited.path, "/nonexistent", fs.path), ("/nonexistent", "No such file")),
        (("zonecopyfs", limited.path, "/dev/null", fs.path), ("/dev/null",)),
        (("zonecopyfs", limited.path, free.path, fs.path, "-o", "names=a"), ("1 names for 2 devices",))):
    one_line(run(*command), 1, *words)
    check(not os.path.ismount(fs.path), f"{command} mounted")
limited.mount().unmount()
