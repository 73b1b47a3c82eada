#!/usr/bin/env python3
"""zonecopy copy tells its own bytes, also while others copy on the same mount; a program can ask the same by ioctl."""
from zctest import *

FILE_INFO = (2 << 30) | (368 << 16) | (ord("Z") << 8) | 0xc0  # _IOR('Z', 0xc0, struct zonecopy_file_info)


def file_info(fd):
    """(offloaded, kernel, emulated, capacity, zone, sequential, mode, reason)"""
    *numbers, reason, _ = struct.unpack("QQQQIIII256s64s", fcntl.ioctl(fd, FILE_INFO, bytes(368)))
    return *numbers[:7], reason.rstrip(b"\0").decode()


for directory in places():
    path = COPY_PATHS[0 if shares_extents(directory) else 1]
    image = Image(directory=directory, conventional=2)
    fs = image.mount()
    write_direct(fs.seq(0), pattern(2 * MIB))
    # Another program copies all the time, until both are done.
    reader, writer = os.pipe()
    enough = os.path.join(TMP, f"enough for {path}")

    def others():
        while not os.path.exists(enough):
            copy_paths(fs.seq(0), fs.cnv(0), MIB, 0, MIB)
            os.write(writer, b"x")

    def mine():
        equal(os.read(reader, 1), b"x", "the others have begun")
        for number in range(1, 6):
            os.read(reader, 1)  # they copy on
            told = json.loads(must("zonecopy", "copy", fs.seq(0), fs.seq(number), "--json").out)
            equal([told[f"bytes_{word}"] for word in COPY_PATHS], [2 * MIB if word == path else 0 for word in COPY_PATHS],
                  f"{directory}: seq/{number}")
            equal((told["bytes"], told["interrupted"], told["error"], told["errno"]), (2 * MIB, False, None, None))
        file_with(enough, b"")
        os.set_blocking(reader, False)
        os.read(reader, 1 << 20)  # so that nobody waits for room in the pipe

    at_once(others, mine)
    os.close(reader)
    os.close(writer)
    check(sum(numbers[0] for numbers in fs.copy_counters().values()) > 10 * MIB, "others have copied meanwhile")

    with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(6), O_RDWR) as first, opened(fs.seq(6), O_RDWR) as second:
        copy_range(source, first, MIB, 0, 0)
        copy_range(source, second, 4096, 0, MIB)
        copy_range(source, first, 8192, 0, MIB + 4096)
        index = COPY_PATHS.index(path)
        equal((file_info(first)[index], file_info(second)[index]), (MIB + 8192, 4096), "each open counts its own")
        equal(file_info(source)[:3], (0, 0, 0), "a source counts nothing")
        equal(file_info(first)[3:7], (image.capacity, image.zone_of_seq(6), 1, 0), "capacity, zone, sequential, copy=auto")
        equal(file_info(first)[7] == "", path == "offloaded", f"why: {file_info(first)[7]!r}")
        with opened(fs.cnv(0), O_RDONLY) as conventional:
            equal(file_info(conventional)[3:6], (4 * MIB, 1, 0), "a conventional file")
        for number in (FILE_INFO + 1, (2 << 30) | (8 << 16) | (ord("Z") << 8) | 0xc0):
            refused("ENOTTY", fcntl.ioctl, first, number, bytes(368))
    with opened(fs / "seq", O_RDONLY) as folder:
        refused("ENOTTY", fcntl.ioctl, folder, FILE_INFO, bytes(368))
    text = succeeds("zonecopy", "copy", fs.seq(0), fs.seq(7), "--length", "8K").out
    words = {"offloaded": "offloaded 8192 bytes by sharing extents (FICLONERANGE)", "kernel": "moved by the kernel 8192 bytes"}[path]
    check(words in text, f"expected {words!r}: {text}")
    fs.unmount()
    fs = image.mount("copy=emulate")
    told = json.loads(must("zonecopy", "copy", fs.seq(0), fs.seq(7), "--json").out)
    equal((told["bytes_offloaded"], told["bytes_kernel"], told["bytes_emulated"]), (0, 0, 2 * MIB), "copy=emulate")
    equal(told["fallback_reason"], fs.counter("last_fallback"))
    fs.unmount()
    os.unlink(image.path)
