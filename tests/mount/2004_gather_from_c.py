#!/usr/bin/env python3
"""The header of the ioctls is plain C with one layout for all programs, and a 32-bit program gathers as a 64-bit one does."""
from gathering import *

BLOCK = 4096
TOP = os.path.realpath(os.path.join(HERE, "../.."))
SOURCES = os.path.join(HERE, "c")
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I", os.path.join(TOP, "include"))
# The kernel's headers for a machine of another word size are those of this one; they choose by the compiler's macros.
ARCHITECTURE = must("gcc", "-print-multiarch").out.strip()
BITS_32 = ("-m32", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-isystem", f"/usr/include/{ARCHITECTURE}")

for flags in ((), BITS_32) if ARCHITECTURE.startswith("x86_64") else ((),):
    must("gcc", *STRICT, *flags, "-c", os.path.join(SOURCES, "ioctl_layout.c"), "-o", os.path.join(TMP, "layout.o"))
must("g++", "-std=c++17", "-x", "c++", *STRICT[1:], "-c", os.path.join(SOURCES, "ioctl_layout.c"), "-o", os.path.join(TMP, "layout.o"))

image = Image()
fs = image.mount()
write_direct(fs.seq(0), pattern(MIB))
inode = os.stat(fs.seq(0)).st_ino
programs = {"64": ()}
if ARCHITECTURE.startswith("x86_64"):
    programs["32"] = (*BITS_32, "-nostdlib", "-static", "-Wl,--no-warn-rwx-segments,--build-id=none")
for number, (bits, flags) in enumerate(programs.items(), 1):
    binary = os.path.join(TMP, "gather" + bits)
    must("gcc", *STRICT, "-D_GNU_SOURCE", *flags, os.path.join(SOURCES, "gather.c"), "-o", binary)
    try:
        ended = run(binary, fs.seq(number), inode, BLOCK, 3 * BLOCK)
    except OSError as error:  # a kernel without 32-bit programs
        check(bits == "32" and error.errno == errno.ENOEXEC, f"{bits} bits: {error}")
        continue
    equal((ended.status, ended.out), (0, f"{3 * BLOCK} 0\n"), f"{bits} bits: {ended}")
    same_bytes(content(fs.seq(number)), pattern(MIB)[BLOCK:4 * BLOCK], f"{bits} bits")
    ended = run(binary, fs.seq(number), inode, MIB, BLOCK)
    equal((ended.status, ended.out), (1, f"0 {errno.EINVAL}\n"), f"{bits} bits, behind the end: {ended}")
