#!/usr/bin/env python3
"""What mkfs.zonecopyfs refuses: one line, status 1, and the image as it was."""
from zctest import *

blank = Image(zones=4, formatted=False)
TABLE = [
    (("-x", blank.path), "Invalid option"),
    (("--nonsense", blank.path), "option"),
    (("-L", "x" * 65, blank.path), "Label too long"),
    (("-L",), ""),
    (("-o",), ""),
    (("-L", blank.path), ""),
    (("-o", blank.path), ""),
    (("-o", "nonsense", blank.path), "Invalid feature string"),
    (("-o", "uid=x", blank.path), "Invalid feature string"),
    (("-o", "uid=12x", blank.path), "Invalid feature string"),
    (("-o", "gid=x", blank.path), "Invalid feature string"),
    (("-o", "perm=8", blank.path), "Invalid feature string"),
    (("-o", "perm=rwx", blank.path), "Invalid feature string"),
    (("-o", "AGGR_CNV", blank.path), "Invalid feature string"),
    (("--uuid", "nonsense", blank.path), "uuid"),
    (("--uuid", "00010203-0405-0607-0809-0a0b0c0d0e", blank.path), "uuid"),
    ((), "No device specified"),
    (("-f",), "No device specified"),
    ((blank.path, blank.path), ""),
    (("/no/such/device",), "/no/such/device"),
    ((TMP,), TMP),
    (("/dev/null",), "/dev/null"),
    ((file_with("text", b"no image\n" * 1000),), ""),
    ((file_with("empty", b""),), ""),
]
for arguments, words in TABLE:
    with unchanged(blank.path, os.path.join(TMP, "text")):
        one_line(run("mkfs.zonecopyfs", *arguments), 1, words)
