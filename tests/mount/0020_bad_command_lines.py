#!/usr/bin/env python3
"""Every command with a command line that makes no sense: one line on stderr, a documented status, nothing changed."""
from zctest import *

image = Image(zones=4)
point = os.path.join(TMP, "point")
os.mkdir(point)
TABLE = [
    ("zonecopyfs",), ("zonecopyfs", image.path), ("zonecopyfs", image.path, point, "more"),
    ("zonecopyfs", image.path, point, "--nonsense"), ("zonecopyfs", image.path, point, "-Z"),
    ("zonecopyfs", image.path, point, "-o"),
    ("zonecopyfs", "", point), ("zonecopyfs", image.path, ""),
    ("mount.zonecopyfs",), ("mount.zonecopyfs", image.path), ("mount.zonecopyfs", image.path, point, "-Z"),
    ("mount.zonecopyfs", image.path, point, "-o"),
    ("zonecopy", "nonsense"), ("zonecopy", "--nonsense"), ("zonecopy", "report"),
    ("zonecopy", "report", "--nonsense", image.path),
    ("zonecopy", "report", image.path, "more"), ("zonecopy", "status"), ("zonecopy", "status", point, "more"),
    ("zonecopy", "image", "nonsense"), ("zonecopy", "image", "set", image.path, "--nonsense"),
]
for command in TABLE:
    with unchanged(image.path, point):
        one_line(run(*command), (1, 2))
        check(not os.path.ismount(point), f"{command} mounted")
for command in ("zonecopyfs", "mkfs.zonecopyfs", "mount.zonecopyfs", "zonecopy"):
    for option in ("--help", "--version"):
        shown = succeeds(command, option)
        check(shown.out.strip() and not shown.err, f"{command} {option}: {shown}")
