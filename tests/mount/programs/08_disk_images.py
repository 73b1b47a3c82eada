#!/usr/bin/env python3
"""qemu-img and ddrescue: images of disks."""
from rows import *

need("qemu-img", "ddrescue")


@row("`qemu-img info`, `convert`, `compare`, `check` of an image in a ZONE or CONVENTIONAL", "works")
def read_images():
    fs = mounted()
    works(fs, "cp even $seq/0; qemu-img info -f raw $seq/0; qemu-img convert -f raw -O qcow2 $seq/0 even.qcow2")
    works(fs, "qemu-img compare -f qcow2 -F raw even.qcow2 $seq/0")
    works(fs, "cp even.qcow2 $seq/1; qemu-img check -f qcow2 $seq/1; qemu-img convert -f qcow2 -O raw $seq/1 back; cmp back even")


@row("`qemu-img convert -n -O raw IMAGE CONVENTIONAL`", "works with an image of at most the capacity")
def convert_to_conventional():
    fs = mounted()
    works(fs, "qemu-img convert -f raw -O qcow2 holes a.qcow2; head -c 4M /dev/zero | tr '\\0' x > $cnv/0")
    works(fs, "qemu-img convert -n -f qcow2 -O raw a.qcow2 $cnv/0")
    holds(fs.cnv(0), HOLES + b"x" * (4 * MIB - len(HOLES)))


@row("`qemu-img convert -O raw IMAGE ZONE`", "works with an image that is smaller than the capacity")
def convert_to_zone():
    fs = mounted()
    for number, (source, data) in enumerate((("even", EVEN), ("holes", HOLES))):
        works(fs, f"qemu-img convert -f raw -O qcow2 {source} a.qcow2; qemu-img convert -f qcow2 -O raw a.qcow2 $seq/{number}")
        holds(fs.seq(number), data)


@row("`qemu-img convert -n -O raw IMAGE ZONE`",
     "works with a size that is set before: `truncate -s 0 ZONE; truncate -s SIZE ZONE` and at once `qemu-img convert -n …`")
def convert_to_sized_zone():
    fs = mounted()
    works(fs, f"qemu-img convert -f raw -O qcow2 holes a.qcow2; exec 3> $seq/0; truncate -s {len(HOLES)} $seq/0; "
              "qemu-img convert -n -f qcow2 -O raw a.qcow2 $seq/0")
    holds(fs.seq(0), HOLES)


@row("`qemu-img create`, `convert` to a ZONE in another format than raw",
     "cannot, because it writes some blocks twice: status 1")
def convert_twice():
    fs = mounted()
    for command in ("qemu-img convert -f raw -O qcow2 even $seq/1", "qemu-img create -f qcow2 $seq/2 1M"):
        ended = bash(fs, command)
        check(ended.status == 1 and ended.err, f"{command}: {ended}")


@row("`ddrescue FILE ZONE MAP`, also with `--sparse`", "works while no sector is bad")
def rescue():
    fs = mounted()
    for number, (options, source, data) in enumerate((("", "even", EVEN), ("--sparse", "holes", HOLES), ("-D", "even", EVEN))):
        works(fs, f"rm -f map; ddrescue -q {options} {source} $seq/{number} map")
        holds(fs.seq(number), data)


# A map says which parts count as bad: ddrescue's own way of being tested.
BAD_MAP = "0x0 + 1\\n0x0 0x20000 +\\n0x20000 0x1000 -\\n0x21000 0x10B000 +\\n"


@row("`ddrescue -K0 -N -n -c8`, from a disk with bad sectors", "works in one pass; what could not be read is zeros, as the map tells")
def rescue_in_order():
    fs = mounted()
    works(fs, f"printf '{BAD_MAP}' > bad; rm -f map; ddrescue -q -K0 -N -n -c8 --test-mode=bad even $seq/0 map; grep -q 'x00020000  0x00001000  [*]' map")
    holds(fs.seq(0), EVEN[:0x20000] + bytes(4096) + EVEN[0x21000:])


@row("`ddrescue` from a disk with bad sectors, without these options",
     "cannot, because it comes back to what it has skipped: status 1; what it did not skip is there, as the map tells")
def rescue_bad():
    fs = mounted()
    fails(fs, f"printf '{BAD_MAP}' > bad; rm -f map; ddrescue --test-mode=bad even $seq/0 map", 1, "Invalid argument")
    got = content(fs.seq(0))
    equal((got[:0x20000], got[0x40000:]), (EVEN[:0x20000], EVEN[0x40000:]), "what was not skipped")
    equal(got[0x20000:0x40000].strip(b"\0"), b"", "what was skipped")


run_rows()
