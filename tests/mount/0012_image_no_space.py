#!/usr/bin/env python3
"""zonecopy image create on a full file system, or larger than files may be: one line, and no file left."""
from zctest import *

small = small_file_system(8 * MIB)
path = os.path.join(small, "image")
one_line(run("zonecopy", "image", "create", path, "--size", "100TiB", "--zone-size", "1GiB"), 1, "too large")
check(not os.path.exists(path), "a file was left behind")

with open(os.path.join(small, "ballast"), "wb", buffering=0) as ballast:
    try:
        while True:
            ballast.write(bytes(65536))
    except OSError as error:
        equal(error.errno, errno.ENOSPC)
    with contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(512))
one_line(run("zonecopy", "image", "create", path, "--size", "64MiB", "--zone-size", "4MiB"), 1, "No space left")
check(not os.path.exists(path), "a file was left behind")
