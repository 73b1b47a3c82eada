#!/usr/bin/env python3
"""Directories and files: names, inode numbers, links, sizes of directories."""
from zonefs import *

fs = fresh()
groups = [name for name, files in (("cnv", device.cnv_files), ("seq", device.seq_files)) if files]
row("names in the root", groups, lambda: sorted(os.listdir(fs.path)))
row("inode number of the root", device.zone_count, lambda: os.stat(fs.path).st_ino)
row("links of the root", 2 + len(groups), lambda: os.stat(fs.path).st_nlink)
row("size of the root", 2 + len(groups), size, fs.path)
for group, files, first in (("cnv", device.cnv_files, 1), ("seq", device.seq_files, device.first_seq)):
    if not files:
        row(f"a group without files: {group}", "ENOENT", os.stat, fs / group)
        continue
    row(f"names in {group}", [str(n) for n in range(files)], lambda: sorted(os.listdir(fs / group), key=int))
    row(f"order in {group}", [str(n) for n in range(files)], lambda: os.listdir(fs / group))
    row(f"size of {group}", files, size, fs / group)
    row(f"links of {group}", 2, lambda: os.stat(fs / group).st_nlink)
    row(f"inode number of {group}", device.zone_count + (1 if group == "cnv" else 2), lambda: os.stat(fs / group).st_ino)
    row(f"inode numbers in {group}", list(range(first, first + files)),
        lambda: [os.stat(fs / f"{group}/{n}").st_ino for n in range(files)])
    with os.scandir(fs / group) as entries:
        kinds = {(entry.is_file(follow_symlinks=False), entry.inode() == int(entry.name) + first) for entry in entries}
    row(f"type and number in the listing of {group}", {(True, True)}, lambda: kinds)
