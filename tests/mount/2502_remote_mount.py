#!/usr/bin/env python3
"""An image across the network is formatted, mounted, written, copied in, remounted, and unmounted as one of this machine is."""
from remote import *

in_own_mount_namespace()
helpers_in_sbin()

remote = RemoteImage(mkfs=("-L", "far"), max_open=4, max_active=6)
fs = remote.mount()
data = pattern(300 * KIB)
write_direct(fs.seq(0), data + bytes(-len(data) % 4096))
succeeds("cp", "--no-preserve=all", fs.seq(0), os.path.join(TMP, "copy"))
same_bytes(content(os.path.join(TMP, "copy"))[:len(data)], data, "cp from the mount")

# Copies within the device are the target's work: Copy, which this host moves no data for.
succeeds("cp", "--reflink=auto", "--sparse=never", fs.seq(0), fs.seq(1))
same_bytes(content(fs.seq(1)), content(fs.seq(0)), "cp")
with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(2), O_WRONLY) as destination:
    equal(os.copy_file_range(source, destination, 256 * KIB), 256 * KIB)
same_bytes(content(fs.seq(2)), data[:256 * KIB], "copy_file_range")
equal(list(fs.copy_counters()), ["offloaded"])
equal(remote.target.statistics()["copies"] > 0, True, "copies at the target")

# What it is said to be.
equal(fs.counter("device_kind"), "remote")
equal(fs.counter("device_id").split()[0] if isinstance(fs.counter("device_id"), str) else None, "nvme-tcp")
table = next(line.split() for line in open("/proc/mounts", encoding="utf-8") if line.split()[1] == fs.path)
check(table[0].startswith(f"nvme-tcp://{remote.target.address}/{NQN}?hostnqn="), table[0])
told = json.loads(must("zonecopy", "report", remote.path, "--json").out)
equal((told["kind"], told["zone_count"] if "zone_count" in told else len(told["zones"])), ("remote", remote.zone_count))
equal([(zone.condition, zone.written) for zone in report(fs.path)], [(zone.condition, zone.written) for zone in report(remote.path)])

# By any of its names it is in use.
second = os.path.join(TMP, "second")
os.mkdir(second)
for name in (remote.path, remote.path.replace("?", "?nsid=1&"), remote.path + "&queue-depth=7"):
    one_line(run("zonecopyfs", name, second), 1, "has it open")
    one_line(run("mkfs.zonecopyfs", "-f", name), 1, "mounted at", fs.path)
    one_line(run("zonecopy", "clone", name, Image().path), 1, "mounted at", fs.path)
    one_line(run("zonecopyfs", Image().path, name, second), 1, "has it open")
fs.unmount()
one_line(run("zonecopyfs", remote.path, remote.path + "&queue-depth=7", second), 1, "given twice")
one_line(run("zonecopyfs", "-o", "ro", remote.path, remote.path + "&queue-depth=7", second), 1, "given twice")

# mount(8), by the command line and by fstab; umount(8) returns when it is free.
fstab = file_with("fstab", f"{remote.path} {second} zonecopyfs noauto,_netdev,errors=repair 0 0\n".encode())
for command in (("mount", "-t", "zonecopyfs", "-o", "errors=repair", remote.path, second), ("mount", "-T", fstab, second)):
    succeeds(*command)
    mounted = Folder(second)
    check("errors=repair" in mounted.counter("options"), mounted.counter("options"))
    same_bytes(content(mounted.seq(2)), data[:256 * KIB], "after a mount")
    succeeds("mount", "-o", "remount,ro", "-t", "zonecopyfs", remote.path, second)
    refused("EROFS", os.truncate, mounted.seq(2), 0)
    succeeds("umount", second)
    succeeds("mkfs.zonecopyfs", "--help")
    succeeds("zonecopy", "copy", f"{remote.path}#3:0+64KiB", f"{remote.path}#9")

# A remote and a local one in one mount, named by their labels; copies go from one to the other.
near = Image(mkfs=("-L", "near"))
both = Mount([near, remote], "tail=pad")
succeeds("cp", "--no-preserve=all", both.device("far").seq(0), both.device("near").seq(0))
same_bytes(content(both.device("near").seq(0))[:len(data)], data, "from far to near")
os.truncate(both.device("far").seq(1), 0)
succeeds("zonecopy", "copy", both.device("near").seq(0), both.device("far").seq(1))
same_bytes(content(both.device("far").seq(1))[:len(data)], data, "from near to far")
both.unmount()
listed = Mount(near, f"with={remote.path},names=a:b")
equal(sorted(os.listdir(listed.path)), ["a", "b"])
listed.unmount()

# A target that is gone: what is asked fails by its reason, and the mount can be taken away.
remote.path += "&reconnect=0"
fs = remote.mount()
equal(remote.target.stop(), 0)
one_line(run("zonecopy", "report", fs.path), 1, "refused")
with opened(fs.seq(5), O_WRONLY | O_DIRECT) as fd:
    refused("EIO", os.pwrite, fd, aligned(4096), 0)
succeeds("umount", fs.path)
one_line(run("zonecopyfs", remote.path, fs.path), 1, "refused")

local = Mount(type("Local", (), {"path": remote.file})())
same_bytes(content(local.seq(1))[:len(data)], data, "in the image itself")
local.unmount()
