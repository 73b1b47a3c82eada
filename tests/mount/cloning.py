"""Disks to clone: images with zones of all kinds, and whether two of them hold the same."""
from zctest import *

# Two conventional zones beside the one of the super block; what stays active is 4 zones, and the limits allow one more.
KINDS = {"conventional": 3, "max_open": 3, "max_active": 5}


def fill(image, seed=1, options="", zones=None):
    """Zones that are empty, full, finished early, and written in part; of 4 MiB, or less."""
    fs = image.mount(options)
    size = image.capacity
    full = pattern(size, seed)
    for number in range(0, zones or 8, 4):
        write_direct(fs.seq(number), full)
        write_direct(fs.seq(number + 1), pattern(size // 2, seed + 1))
        os.truncate(fs.seq(number + 1), size)
        write_direct(fs.seq(number + 2), pattern(size // 4 + 4096, seed + 2))
    write_direct(fs.seq(3), pattern(4096, seed + 3))
    if image.conventional > 1:
        with opened(fs.cnv(0), os.O_WRONLY) as fd:
            os.pwrite(fd, full[:size // 2], size // 4)
    fs.unmount()
    return image


def disk(directory=TMP, formatted=True, zones=16, zone_size=4 * MIB, **others):
    return Image(zones=zones, zone_size=zone_size, directory=directory, formatted=formatted, mkfs=("-L", "disk"),
                 **{**KINDS, **others})


def empty_disk(directory=TMP, **others):
    return disk(directory, formatted=False, **others)


def clone(*arguments):
    return json.loads(must("zonecopy", "clone", *map(str, arguments), "--json").out)


def super_block(path):
    """The 4096 bytes at the device's byte 0, wherever the image keeps them; None where there is no super block of zonefs."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        for offset in range(0, len(data), 4096):
            if data[offset:offset + 4] == struct.pack("<I", 0x5a4f4653):
                return data[offset:offset + 4096]
    return None


def uuid_of(path):
    return super_block(path)[72:88].hex()


def contents_of(fs):
    """All files with what is in them, by a checksum."""
    sums = {}
    for kind in ("cnv", "seq"):
        folder = os.path.join(fs.path, kind)
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            data = content(os.path.join(folder, name))
            sums[f"{kind}/{name}"] = (len(data), hashlib.sha256(data).hexdigest())
    return sums


def check_same(one, other, what=""):
    """Whether both hold the same, zone by zone, and their file systems do."""
    for source, copy in zip(one.report(), other.report(), strict=True):
        active = ("closed", "implicit-open", "explicit-open")
        same = source.condition == copy.condition or source.condition in active and copy.condition == "closed"
        check(same and source.written == copy.written, f"{what}: {source} and {copy}")
    states = []
    for image in (one, other):
        fs = image.mount("ro")
        states.append(contents_of(fs))
        fs.unmount()
    equal(states[1], states[0], f"{what}: the files")
