#!/usr/bin/env python3
"""A sequential zone goes bad while it is written: size, mode and access afterwards, for each errors= policy."""
from error_rows import *

for policy in POLICIES:
    for condition in ("read-only", "offline"):
        what = f"errors={policy}, {condition}"
        image = Image(conventional=2)
        fs = image.mount(f"errors={policy}")
        data = pattern(8192)
        with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd, opened(fs.seq(4), O_RDWR) as bystander:
            os.pwrite(fd, aligned(data), 0)
            image.set_seq(0, condition)
            refused("EIO EROFS" if condition == "read-only" else "EIO", os.pwrite, fd, aligned(4096), 8192)
            mode, kept, read_only = outcome(policy, condition)
            examine(fs, fs.seq(0), fd, 8192 if kept else 0, mode, read_only, data, what)
            if read_only:
                refused("EROFS", os.pwrite, bystander, pattern(4096), 0)
                # What was open for writing can still be truncated.
                os.ftruncate(bystander, image.capacity)
                equal(os.fstat(bystander).st_size, image.capacity, f"{what}: ftruncate")
        if read_only:
            eventually(fs.read_only_in_mount_table, True, what=f"{what}: ro in /proc/mounts once nobody writes")
        else:
            equal(fs.read_only_in_mount_table(), False)
        drop_caches()
        equal(stat.S_IMODE(os.stat(fs.seq(0)).st_mode), mode, f"{what}: after caches were dropped")
        # The condition of the device is there for the next mount, the policy's doings are not.
        fs = fs.again("")
        equal((stat.S_IMODE(os.stat(fs.seq(0)).st_mode), os.stat(fs.seq(0)).st_size), (0, 0), f"{what}: next mount")
        equal(write_direct(fs.seq(2), pattern(4096)), 4096, f"{what}: next mount")
        fs.unmount()
        os.unlink(image.path)
