#!/usr/bin/env python3
"""A message is one line whatever a name holds; `-o log=` puts messages into a file."""
from zctest import *

strange = os.path.join(TMP, "new\nline\033[31m")
for words in (("zonecopyfs", strange, TMP), ("mkfs.zonecopyfs", strange), ("zonecopy", "report", strange),
              ("mount.zonecopyfs", strange, TMP), ("zonecopyfs", "-o", "new\nline", "a", "b"), ("mount.zonecopyfs", "a", "b", "-o", "new\nline")):
    ended = one_line(run(*words), (1, 2, 32), "new\\x0aline")
    check("\033" not in ended.err, f"a control character: {ended}")

image = Image(zones=4)
named = os.path.join(TMP, "image\nof two lines")
os.rename(image.path, named)
image.path = named
point = os.path.join(TMP, "point")
os.mkdir(point)
log = os.path.join(TMP, "messages, all")


def lines():
    with open(log, encoding="utf-8") as file:
        return file.read().splitlines()


# Relative, with a comma in its name; the daemon is in another directory when it writes.
must("zonecopyfs", image.path, point, "-o", 'log="messages, all"', cwd=TMP)
equal(os.stat(log).st_mode & 0o777, 0o640)
image.set_seq(0, "offline")
refused("EIO", write_direct, f"{point}/seq/0", pattern(4096))
found = lines()
check(any("offline" in line for line in found), f"the error is not in the log: {found}")
for line in found:
    check(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} zonecopyfs \(.*image\\x0aof two lines\)", line), f"a line of the log: {line!r}")
# It is appended to, and cannot change while mounted.
ended = one_line(run("mount.zonecopyfs", image.path, point, "-o", "remount,log=/elsewhere"), 32, "log=", "unmount first")
equal(run("mount.zonecopyfs", image.path, point, "-o", f'remount,rw,log="{log}"').status, 0)
check(f'log="{log}"' in os.getxattr(point, "user.zonecopy.options").decode(), "not among the options in force")
must("umount", point)
must("zonecopyfs", image.path, point, "-o", f'log="{log}"')
equal(lines()[:len(found)], found)
check(len(lines()) > len(found), "nothing was appended")
must("umount", point)

# One that cannot be written is told before anything is mounted; one that is full keeps nobody from working.
os.mkfifo(os.path.join(TMP, "pipe"))
for bad in (TMP, "/nowhere/log", os.path.join(TMP, "pipe"), ""):
    one_line(run("zonecopyfs", image.path, point, "-o", f"log={bad}"), 1, "log")
    check(not os.path.ismount(point), f"mounted with log={bad}")
must("zonecopyfs", image.path, point, "-o", "log=/dev/full")
equal(write_direct(f"{point}/seq/1", pattern(4096)), 4096)
