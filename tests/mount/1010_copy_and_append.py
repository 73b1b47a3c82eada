#!/usr/bin/env python3
"""Appending to a zone while it is copied to: each piece is there once and whole, and the sizes add up."""
from zctest import *

for mode in ("copy=auto", "copy=emulate"):
    image = Image(zone_size=16 * MIB, zones=4)
    fs = image.mount(mode)
    source = b"".join(struct.pack("<4sI", b"copy", i) * 512 for i in range(16))
    write_direct(fs.seq(0), source)
    reader, writer = os.pipe()

    def appender():
        done = 0
        with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
            for step in range(300):
                equal(os.write(fd, aligned(struct.pack("<4sI", b"appd", step) * 512)), 4096)
                done += 4096
        os.write(writer, struct.pack("<4sQ", b"appd", done))

    def copier():
        done = missed = 0
        with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(1), O_RDWR) as fd_out:
            while done < 40 * len(source) and missed < 20000:
                try:
                    done += copy_range(fd_in, fd_out, len(source), 0, os.fstat(fd_out).st_size)
                except OSError as error:
                    # The write pointer has moved on since fstat: a fair answer.
                    equal(error.errno, errno.EINVAL, "a copy that came too late")
                    missed += 1
        os.write(writer, struct.pack("<4sQ", b"copy", done))

    at_once(appender, copier)
    os.set_blocking(reader, False)
    report_bytes = os.read(reader, 24)
    sums = dict(struct.iter_unpack("<4sQ", report_bytes))
    equal(sorted(sums), [b"appd", b"copy"], "both came to their end")
    data = content(fs.seq(1))
    equal(len(data), sum(sums.values()), f"{mode}: size")
    appended, position, copies = 0, 0, 0
    while position < len(data):
        if data[position:position + 4] == b"appd":
            expected = struct.pack("<4sI", b"appd", appended) * 512
            if not equal(data[position:position + 4096], expected, f"{mode}: append at {position}"):
                break
            appended += 1
            position += 4096
        else:
            if not same_bytes(data[position:position + len(source)], source, f"{mode}: copy at {position}"):
                break
            copies += 1
            position += len(source)
    equal((appended * 4096, copies * len(source)), (sums.get(b"appd"), sums.get(b"copy")), f"{mode}: pieces")
    equal(image.seq_zone(1).written, len(data), "write pointer")
    os.close(reader)
    os.close(writer)
    fs.unmount()
