#!/usr/bin/env python3
"""A mount that has something else at its path: signals and errors act on ours, never on the other."""
from zctest import *


def mount_table():
    """{mount point: type}, the topmost last."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [(line.split()[4], line.split(" - ")[1].split()[0]) for line in file]


def types_at(path):
    return [kind for point, kind in mount_table() if point == path]


def options_at(path):
    with open("/proc/self/mounts", encoding="utf-8") as file:
        return {line.split()[1]: line.split()[3].split(",") for line in file}.get(path, [])


# Covered by another mount: that one stays, the daemon ends all the same, and says why ours is left.
for number in (signal.SIGTERM, signal.SIGINT):
    image = Image()
    fs = image.mount(foreground=True)
    write_direct(fs.seq(0), pattern(4096))
    must("mount", "-t", "tmpfs", "none", fs.path)
    file_of_other = os.path.join(fs.path, "file")
    with open(file_of_other, "wb") as file:
        file.write(b"other")
    os.kill(fs.pid, number)
    fs.wait_for_end()
    equal(types_at(fs.path)[-1], "tmpfs", "what is at the path")
    equal(content(file_of_other), b"other")
    check("cannot be taken away" in fs.log() and "covers it" in fs.log(), f"log: {fs.log()}")
    must("umount", fs.path)
    again = image.mount(point=fs.path)  # clears the dead mount beneath
    same_bytes(content(again.seq(0)), pattern(4096), "seq/0")
    equal(types_at(fs.path), ["fuse.zonecopyfs"])
    again.unmount()

# The folder above is renamed, and a link to another mount put into its place.
for act in ("end", "error"):
    image = Image(zones=4)
    above, other = os.path.join(TMP, f"above-{act}"), os.path.join(TMP, f"other-{act}")
    os.makedirs(f"{above}/mnt")
    os.makedirs(f"{other}/mnt")
    must("mount", "-t", "tmpfs", "none", f"{other}/mnt")
    fs = image.mount(point=f"{above}/mnt")
    os.rename(above, f"{above}-moved")
    os.symlink(other, above)
    moved = f"{above}-moved/mnt"
    if act == "error":
        image.set_seq(0, "offline")
        refused("EIO", write_direct, f"{moved}/seq/0", pattern(4096))
        eventually(lambda: "ro" in options_at(moved), True, "the mount that failed is read-only")
        check("rw" in options_at(f"{other}/mnt"), f"the other mount was changed: {options_at(f'{other}/mnt')}")
    os.kill(fs.pid, signal.SIGTERM)
    fs.wait_for_end()
    equal(types_at(f"{other}/mnt"), ["tmpfs"], "the other mount")
    equal(types_at(moved), [], "ours")

# Played as a race: the path leads elsewhere while the daemon starts. What is mounted is the directory that was meant at first.
image = Image()
one, two, link = (os.path.join(TMP, name) for name in ("one", "two", "link"))
os.mkdir(one)
os.mkdir(two)
os.symlink(one, link)
lock = os.open(image.path, O_RDONLY)
fcntl.flock(lock, fcntl.LOCK_EX)  # a mount waits for this after it has looked at the mount point
starting = subprocess.Popen(["zonecopyfs", image.path, link, "-f"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def holds_directory():
    try:
        return any(os.readlink(f"/proc/{starting.pid}/fd/{fd}") == one for fd in os.listdir(f"/proc/{starting.pid}/fd"))
    except OSError:
        return False


eventually(holds_directory, True, "the mount point is held by descriptor")
os.rename(one, f"{one}-moved")
os.symlink(two, one)
os.close(lock)
mounts_become(lambda: types_at(f"{one}-moved"), ["fuse.zonecopyfs"], "what was meant is mounted on")
equal(types_at(two), [], "what the path means now")
starting.terminate()
starting.wait(waiting.HANG_LIMIT_SECONDS)
equal(types_at(f"{one}-moved"), [])
