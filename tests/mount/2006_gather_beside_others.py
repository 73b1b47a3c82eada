#!/usr/bin/env python3
"""Gathers beside mappings of their files, beside others that wait for the files, and after sources went bad."""
from gathering import *

BLOCK = 4096
image = Image(zones=14, zone_size=16 * MIB, conventional=4)
fs = image.mount()
data = pattern(2 * MIB)
write_direct(fs.seq(0), data)
source = os.stat(fs.seq(0)).st_ino

# Pages of the destination that are older than the gather are not written over what it brings.
for flags in (O_RDWR, O_RDWR | O_DIRECT):
    with opened(fs.cnv(0), flags) as fd, mmap.mmap(fd, MIB) as mapping:
        mapping[:64 * KIB] = b"H" * (64 * KIB)
        answer = gather(fd, [(source, 0, 4 * BLOCK)], flags=AT_OFFSET)
        equal((answer.errno, answer.bytes), (None, 4 * BLOCK))
        same_bytes(mapping[:64 * KIB], data[:4 * BLOCK] + b"H" * (48 * KIB), "the mapping afterwards")
    same_bytes(content(fs.cnv(0))[:64 * KIB], data[:4 * BLOCK] + b"H" * (48 * KIB), "the file afterwards")
    with opened(fs.cnv(0), O_RDWR) as fd:
        os.pwrite(fd, bytes(64 * KIB), 0)

# Who has a page mapped in which the file ends sees what is gathered behind it.
with opened(fs.seq(1), O_RDWR) as fd, opened(fs.seq(1), O_RDONLY) as reader:
    os.pwrite(fd, b"x" * 100, 0)
    # By the system call, as Python's mapping ends where the file does.
    map_file = ctypes.CDLL(None).mmap
    map_file.restype, map_file.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    page = map_file(None, BLOCK, mmap.PROT_READ, mmap.MAP_SHARED, reader, 0)
    check(page != ctypes.c_void_p(-1).value, "mmap")
    equal(ctypes.string_at(page, 101), b"x" * 100 + bytes(1))
    equal(gather(fd, [(source, 0, 2 * BLOCK - 100)]).error, 0)
    same_bytes(ctypes.string_at(page, BLOCK), b"x" * 100 + data[:BLOCK - 100], "the mapping of a growing file")
    libc.munmap(ctypes.c_void_p(page), ctypes.c_size_t(BLOCK))

# A long gather into a conventional zone keeps nobody from writing back its mapping, nor others of the mount from going on.
fs = fs.again("copy=emulate")
write_direct(fs.seq(2), pattern(16 * MIB, 2))
child = None
with opened(fs.cnv(1), O_RDWR) as fd, mmap.mmap(fd, 16 * MIB) as mapping, opened(fs.cnv(2), O_RDWR) as other:
    script = f"import sys; sys.path.insert(0, {HERE!r})\nfrom gathering import *\n" \
             f"with opened({fs.cnv(1)!r}, O_RDWR) as fd:\n" \
             f"    while True: gather(fd, [({fs.seq(2)!r}, 0, 16 * MIB)], flags=AT_OFFSET | BACKGROUND)\n"
    child = subprocess.Popen([sys.executable, "-c", script])
    before = fs.counter("bytes_emulated")
    waiting.again_and_again(lambda: fs.counter("bytes_emulated") > before)
    for round_ in range(10):
        mapping[8 * MIB:8 * MIB + 1] = b"Y"
        equal(gather(other, [(fs.cnv(1), 0, BLOCK)], flags=AT_OFFSET).error, 0, "from a file that is gathered into")
        mapping.flush()
    # Its source can be emptied meanwhile.
    os.truncate(fs.seq(2), 0)
    child.kill()
    child.wait(timeout=waiting.HANG_LIMIT_SECONDS)
fs.unmount()

# A source that went offline is the one that is named, and what is in front of it is copied.
image.set_seq(2, "offline")
fs = image.mount("copy=emulate")
for number in (3, 4, 5):
    write_direct(fs.seq(number), pattern(MIB, number))
image.set_seq(4, "offline")
with opened(fs.seq(6), O_RDWR) as fd:
    answer = gather(fd, [(fs.seq(3), 0, 4 * BLOCK), (fs.seq(4), 0, 4 * BLOCK), (fs.seq(5), 0, 4 * BLOCK)])
    equal((answer.errno, answer.error, answer.failed), (None, errno.EIO, 1), f"an offline source: {answer}")
    equal(answer.copied, [4 * BLOCK, 0, 0])
fs.unmount()

# Under strict the facts of a file say that only whole blocks can be written; each reason is logged once.
fs = image.mount("strict")
FILE_INFO = (2 << 30) | (368 << 16) | (ord("Z") << 8) | 0xc0
for path, flag in ((fs.seq(5), 4), (fs.cnv(0), 0)):
    with opened(path, O_RDONLY) as fd:
        equal(struct.unpack_from("I", fcntl.ioctl(fd, FILE_INFO, bytes(368)), 44)[0] & 4, flag, path)
fs.unmount()
fs = image.mount(foreground=True)
with opened(fs.cnv(0), O_RDWR) as fd:
    for _ in range(20):
        gather(fd, [(fs.seq(5), 0, BLOCK)], flags=AT_OFFSET)
        gather(fd, [(fs.seq(5), 1, BLOCK)], flags=AT_OFFSET)
equal(fs.log().count("a part is no whole block"), 1, "one line for a reason")
