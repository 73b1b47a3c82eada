#!/usr/bin/env python3
"""Writes that fail although the zone is good (the file system beneath the image is full), for each errors= policy: it
applies under strict, and otherwise work goes on as with repair."""
from error_rows import *

small = small_file_system(40 * MIB)
ballast = os.path.join(small, "ballast")
for strict, policy in [(True, policy) for policy in POLICIES] + [(False, policy) for policy in POLICIES]:
    options = f"errors={policy}" + (",strict" if strict else "")
    what = f"{options}, good zone"
    image = Image(zones=12, directory=small)
    fs = image.mount(options)
    if not strict:
        policy = "repair"
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        os.pwrite(fd, aligned(8192), 0)
        with open(ballast, "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(65536))
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
        data, size = pattern(8192), 8192
        name = None
        while name is None and size < image.capacity:
            try:
                size += os.pwrite(fd, aligned(64 * KIB, size), size)
                data += pattern(64 * KIB, size - 64 * KIB)
            except OSError as error:
                name = errno_name(error.errno)
        check(name in ("EIO", "ENOSPC"), f"{what}: a write beyond what the media hold gave {name}")
        # Of the failed write none, or the whole blocks the device took.
        size = os.fstat(fd).st_size if policy != "zone-offline" else 0
        data = read_direct(fd, size, 0) if size else b""
        same_bytes(data[:8192], pattern(8192)[:len(data)], f"{what}: what was there before")
        os.unlink(ballast)
        mode, kept, read_only = outcome(policy, "good")
        examine(fs, fs.seq(0), fd, size, mode, read_only, data, what)
        if policy == "repair":
            equal(os.pwrite(fd, aligned(4096, 3), size), 4096, f"{what}: writing goes on")
            same_bytes(read_direct(fd, 4096, size), pattern(4096, 3), f"{what}: and reads back")
            os.ftruncate(fd, 0)
            equal(os.pwrite(fd, aligned(4096), 0), 4096)
            size = 4096
    # On a good zone nothing of this outlasts the mount.
    written = image.seq_zone(0).written
    fs = fs.again("", may_be_busy=True)
    state = os.stat(fs.seq(0))
    equal((stat.S_IMODE(state.st_mode), state.st_size), (0o640, written), f"{what}: next mount")
    equal(write_direct(fs.seq(0), pattern(4096)), 4096, f"{what}: next mount")
    fs.unmount()
    os.unlink(image.path)
