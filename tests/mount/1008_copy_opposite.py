#!/usr/bin/env python3
"""Copies a to b and b to a at the same time do not wait for each other for ever, and neither loses anything."""
from zctest import *

ROUNDS = 150
for mode in ("copy=auto", "copy=emulate"):
    image = Image(zone_size=16 * MIB, zones=5, conventional=2)
    fs = image.mount(mode)
    first, second = pattern(4 * 4096, 1), pattern(4 * 4096, 2)
    write_direct(fs.seq(0), first)
    write_direct(fs.seq(1), second)

    def copier(source, target, at):
        with opened(source, O_RDONLY) as fd_in, opened(target, O_RDWR) as fd_out:
            for _ in range(ROUNDS):
                equal(copy_range(fd_in, fd_out, 4 * 4096, 0, at), 4 * 4096)
                at += 4 * 4096

    def around():
        """A third one that goes through both and a conventional file."""
        for _ in range(ROUNDS // 3):
            copy_paths(fs.seq(0), fs.cnv(0), 8192)
            copy_paths(fs.cnv(0), fs.cnv(0), 4096, 0, 8192)
            copy_paths(fs.seq(1), fs.cnv(0), 8192, 0, 4096)

    at_once(lambda: copier(fs.seq(0), fs.seq(1), len(second)), lambda: copier(fs.seq(1), fs.seq(0), len(first)),
            around, around)
    same_bytes(content(fs.seq(0)), first + second * ROUNDS, f"{mode}: seq/0")
    same_bytes(content(fs.seq(1)), second + first * ROUNDS, f"{mode}: seq/1")
    fs.unmount()
