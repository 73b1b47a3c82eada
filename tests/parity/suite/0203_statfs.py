#!/usr/bin/env python3
"""statfs: what is used follows what is written; type and id of the file system."""
from zonefs import *


class StatFs(ctypes.Structure):
    _fields_ = [("f_type", ctypes.c_long), ("f_bsize", ctypes.c_long), ("f_blocks", ctypes.c_ulong), ("f_bfree", ctypes.c_ulong),
                ("f_bavail", ctypes.c_ulong), ("f_files", ctypes.c_ulong), ("f_ffree", ctypes.c_ulong), ("f_fsid", ctypes.c_int * 2),
                ("f_namelen", ctypes.c_long), ("f_frsize", ctypes.c_long), ("f_flags", ctypes.c_long), ("spare", ctypes.c_long * 4)]


def statfs():
    told = StatFs()
    zctest._checked(libc.statfs(os.fsencode(fs.path), ctypes.byref(told)))
    return told


fs = fresh(mkfs=("--uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f"))
groups = [files for files in (device.cnv_files, device.seq_files) if files]
zones = device.report()[1:]
blocks = sum(zone.capacity for zone in zones) // BLOCK
conventional = device.cnv_files * device.zone_size // BLOCK
told = statfs()
row("type", hex(0x5A4F4653), lambda: hex(told.f_type & 0xFFFFFFFF))
row("file system id", [0x03020100 ^ 0x0b0a0908, 0x07060504 ^ 0x0f0e0d0c], lambda: list(told.f_fsid))
row("block and fragment size", (BLOCK, BLOCK), lambda: (told.f_bsize, told.f_frsize))
row("blocks", blocks, lambda: told.f_blocks)
row("free and available", (blocks - conventional, blocks - conventional), lambda: (told.f_bfree, told.f_bavail))
row("files", sum(files + 1 for files in groups), lambda: told.f_files)
row("free files", 0, lambda: told.f_ffree)
row("longest name", 16, lambda: told.f_namelen)
write_direct(fs.seq(0), pattern(8192))
row("free after a write", blocks - conventional - 8192 // BLOCK, lambda: statfs().f_bfree)
os.truncate(fs.seq(0), CAP)
row("free after a finish", blocks - conventional - CAP // BLOCK, lambda: statfs().f_bfree)
os.truncate(fs.seq(0), 0)
row("free after a reset", blocks - conventional, lambda: statfs().f_bfree)
