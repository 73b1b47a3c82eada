#!/usr/bin/env python3
"""Files that are no image, or a broken one: every command refuses in one line and leaves them as they are."""
from zctest import *

good = Image(zones=4)
point = os.path.join(TMP, "point")
os.mkdir(point)


def variant(name, change):
    path = os.path.join(TMP, name)
    shutil.copyfile(good.path, path)
    with open(path, "r+b") as file:
        change(file)
    return path


def overwrite(offset, data):
    def change(file):
        file.seek(offset)
        file.write(data)
    return change


foreign = os.path.join(TMP, "ext4")
with open(foreign, "wb") as file:
    file.truncate(8 * MIB)
run("mkfs.ext4", "-q", foreign)

BAD = {
    "empty file": file_with("empty", b""),
    "text file": file_with("text", b"hello\n" * 2000),
    "zeros": file_with("zeros", bytes(MIB)),
    "foreign file system": foreign,
    "truncated to half": variant("half", lambda file: file.truncate(8 * MIB)),
    "truncated in the header": variant("stub", lambda file: file.truncate(100)),
    "truncated by a block": variant("short", lambda file: file.truncate(os.path.getsize(good.path) - 4096)),
    "damaged magic": variant("magic", overwrite(0, b"X")),
    "damaged version": variant("version", overwrite(8, b"\xff")),
    "damaged header": variant("header", overwrite(20, b"\xff\xff")),
    "damaged checksum": variant("checksum", overwrite(12, b"\0\0\0\0")),
    "damaged zone table": variant("table", overwrite(4096 + 8 * 2, b"\xff" * 8)),
    "directory": TMP,
    "character device": "/dev/null",
    "missing": os.path.join(TMP, "missing"),
    "file as directory": os.path.join(good.path, "x"),
}
for what, path in BAD.items():
    for command in (("zonecopyfs", path, point), ("mount.zonecopyfs", path, point), ("mkfs.zonecopyfs", "-f", path),
                    ("zonecopy", "report", path, "--json"),
                    ("zonecopy", "image", "set", path, "--zone", "1", "--condition", "offline")):
        context = unchanged(path) if os.path.isfile(path) else contextlib.nullcontext()
        with context:
            ended = run(*command)
        statuses = (1, 32) if command[0] == "mount.zonecopyfs" else 1
        one_line(ended, statuses, os.path.basename(path))
        if os.path.ismount(point):
            fail(f"{what}: {command} mounted")
            must("umount", point)
