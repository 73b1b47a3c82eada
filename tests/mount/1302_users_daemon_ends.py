#!/usr/bin/env python3
"""A daemon of an ordinary user ends when it is told to, and its mount is gone; fusermount3's reasons reach the user."""
from zctest import *

need_program("fusermount3")
need_program("setpriv")
USER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
home = os.path.join(TMP, "home")
os.mkdir(home)
os.chmod(TMP, 0o755)
image = Image(directory=home, mkfs=("-o", "uid=65534,gid=65534"))
os.chown(home, 65534, 65534)
os.chown(image.path, 65534, 65534)
point = os.path.join(home, "mnt")
must(*USER, "mkdir", point)


def at_point():
    """The types of what is mounted there. Root may not look into a user's mount."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [line.split(" - ")[1].split()[0] for line in file if line.split()[4] == point]


def user_mounts(foreground=False):
    mounted = Mount.__new__(Mount)
    mounted.image, mounted.options, mounted.path, mounted.process = image, "", point, None
    if foreground:
        before = len(at_point())
        mounted.process = subprocess.Popen([*USER, "zonecopyfs", image.path, point, "-f"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        mounted.pid = mounted.process.pid  # setpriv becomes the daemon
        mounts_become(lambda: len(at_point()), before + 1)
    else:
        must(*USER, "zonecopyfs", image.path, point)
        mounted.found_again()
    return mounted


os.chmod("/dev/fuse", 0o666)  # as udev makes it

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    for foreground in (False, True):
        fs = user_mounts(foreground)
        data = pattern(4096)
        as_nobody(lambda: equal(write_direct(f"{point}/seq/0", data), 4096))
        os.kill(fs.pid, number)
        fs.wait_for_end()
        equal(at_point(), [], f"{number.name}: left at the mount point")
fs = user_mounts()
as_nobody(lambda: same_bytes(content(f"{point}/seq/0"), pattern(4096) * 6, "seq/0"))

# Files that are open may be finished; told again, the daemon ends at once.
ready, go = os.pipe(), os.pipe()


def keeper():
    with opened(f"{point}/seq/1", O_RDWR | O_DIRECT) as fd:
        os.write(ready[1], b"!")
        os.read(go[0], 1)
        equal(os.pwrite(fd, aligned(4096), 0), 4096, "after the signal")


def teller():
    os.read(ready[0], 1)
    os.kill(fs.pid, signal.SIGTERM)
    mounts_become(at_point, [], "unmounted")
    check(fs.alive(), "the daemon ended while a file was open")
    os.write(go[1], b"!")


at_once(lambda: as_nobody(keeper), teller)
fs.wait_for_end()
fs = user_mounts()
equal(int(must(*USER, "stat", "-c", "%s", f"{point}/seq/1").out), 4096)

# Covered by root: the user's daemon cannot take its mount away, and ends.
must("mount", "-t", "tmpfs", "none", point)
os.kill(fs.pid, signal.SIGTERM)
fs.wait_for_end()
equal(at_point(), ["fuse.zonecopyfs", "tmpfs"])
must("umount", point)

# A dead mount of the user's is cleared by the user's next mount; where it cannot be, the line names the command.
fs = user_mounts()
equal(at_point(), ["fuse.zonecopyfs"])
fs.kill()
fs = user_mounts()
equal(at_point(), ["fuse.zonecopyfs"])
ended = run(*USER, "umount.zonecopyfs" if shutil.which("umount.zonecopyfs") else "fusermount3",
            *(() if shutil.which("umount.zonecopyfs") else ("-u",)), point)
equal(ended.status, 0, f"unmounted by the user: {ended}")
fs.wait_for_end()
fs = Mount(image, point=point)  # root's
fs.kill()
one_line(run(*USER, "zonecopyfs", image.path, point), 1, "dead mount", "fusermount3 -u")
must("umount", point)

# What fusermount3 has against a mount is told, by the command in the background too.
roots = os.path.join(TMP, "roots")
os.mkdir(roots, 0o755)
one_line(run(*USER, "zonecopyfs", image.path, roots), 1, "fusermount3", "no write access")
in_foreground = run(*USER, "zonecopyfs", image.path, roots, "-f")
equal(in_foreground.status, 1)
check("no write access" in in_foreground.err.splitlines()[-1], f"the last line: {in_foreground}")
equal(os.listdir(roots), [])
