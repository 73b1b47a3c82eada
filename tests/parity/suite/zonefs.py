"""What the numbered scripts share: the device, the two ways to mount it, and rows.

A script is about one concern. It formats and mounts, and records what the file system answers, row by row:

    from zonefs import *

    fs = fresh("errors=repair")
    with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
        row("write at the end", 8192, os.pwrite, fd, aligned(8192), 0)
        row("write behind the end", "EINVAL", os.pwrite, fd, aligned(8192), 65536)

The second argument is what zonefs answers by its documentation: a value, or the name of an errno. Names of rows are the
same whatever the geometry, so that tables of different devices can be laid side by side.

Checks, mounts of zonecopyfs, aligned memory, asynchronous I/O and so on are those of tests/mount/zctest.py.
"""

import fcntl
import os
import struct
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
if "ZONEFS_DEVICE" not in os.environ:
    sys.exit(f"{os.path.basename(sys.argv[0])}: started by {HERE}/run only")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "mount"))

import zctest
from zctest import *

KERNEL = os.environ["ZONEFS_MOUNT"] == "kernel"


# --- rows -------------------------------------------------------------------------------------------------------------

_rows = int(os.environ["ZONEFS_ROWS"])  # a file of the runner


def outcome(function, *arguments, **keywords):
    """What a call did, as a text: its value, or the name of its errno."""
    try:
        return str(function(*arguments, **keywords))
    except OSError as error:
        return errno_name(error.errno)


def row(name, expected, function, *arguments, wait=False, **keywords):
    """Records what a call does. With `wait` it is repeated until it is as expected, for at most 20 seconds."""
    got = outcome(function, *arguments, **keywords)
    end = time.monotonic() + 20
    while wait and got != str(expected) and time.monotonic() < end:
        time.sleep(0.02)
        got = outcome(function, *arguments, **keywords)
    os.write(_rows, json.dumps([name, str(expected), got]).encode() + b"\n")
    return got


# --- the device -------------------------------------------------------------------------------------------------------

class Zone:
    CONVENTIONAL = 1
    CONDITIONS = {0: "conventional", 1: "empty", 2: "implicit-open", 3: "explicit-open", 4: "closed", 13: "read-only", 14: "full",
                  15: "offline"}

    def __init__(self, entry):
        start, self.length, pointer, kind, condition, self.capacity = (part for part in struct.unpack("<QQQBB6xQ", entry[:40]))
        self.start, self.conventional, self.condition = start * 512, kind == self.CONVENTIONAL, self.CONDITIONS[condition]
        self.length, self.capacity, self.written = self.length * 512, self.capacity * 512, (pointer - start) * 512


class Device:
    """A zoned block device, asked and handled without either file system."""
    REPORT, RESET, OPEN, CLOSE, FINISH = 0xC0101282, 0x40101283, 0x40101286, 0x40101287, 0x40101288
    ATTRIBUTES = {"read-only": "zone_readonly", "offline": "zone_offline"}

    def __init__(self, path):
        self.path, self.name = path, os.path.basename(os.path.realpath(path))
        zones = self.report()
        self.zone_count, self.zone_size, self.end = len(zones), zones[0].length, zones[-1].start + zones[-1].length
        self.super_block = None
        self.conventional = sum(zone.conventional for zone in zones)
        self.block, self.max_open, self.max_active = (
            self.queue("zone_write_granularity"), self.queue("max_open_zones"), self.queue("max_active_zones"))
        self.first_seq = max(1, self.conventional)
        self.capacity = zones[self.first_seq].capacity
        self.faults = next((folder for folder in self._null_blk_folders()), None)

    def _null_blk_folders(self):
        parent = "/sys/kernel/config/nullb"
        for name in os.listdir(parent) if os.path.isdir(parent) else ():
            if not os.path.isdir(f"{parent}/{name}"):
                continue
            with open(f"{parent}/{name}/index", encoding="ascii") as file:
                if self.name in (name, f"nullb{file.read().strip()}"):
                    yield f"{parent}/{name}"

    def queue(self, name):
        with open(f"/sys/block/{self.name}/queue/{name}", encoding="ascii") as file:
            return int(file.read())

    def report(self, most=4096):
        request = bytearray(struct.pack("<QII", 0, most, 0)) + bytearray(64 * most)
        with opened(self.path, O_RDONLY) as fd:
            fcntl.ioctl(fd, self.REPORT, request)
        return [Zone(request[16 + 64 * i:80 + 64 * i]) for i in range(struct.unpack_from("<I", request, 8)[0])]

    def zone(self, index):
        return self.report()[index]

    def seq_zone(self, number):
        return self.zone(self.first_seq + number)

    def command(self, command, index):
        """Zone management behind the back of whoever has it mounted."""
        with opened(self.path, O_RDWR) as fd:
            fcntl.ioctl(fd, command, struct.pack("<QQ", index * self.zone_size // 512, self.zone_size // 512))

    def foreign_write(self, number, data):
        """Somebody else writes to the zone of seq/<number>, wherever its write pointer is."""
        zone = self.seq_zone(number)
        with opened(self.path, O_RDWR | O_DIRECT) as fd:
            equal(os.pwrite(fd, aligned(data), zone.start + zone.written), len(data), "foreign write")

    def break_zone(self, index, condition):
        with open(f"{self.faults}/{self.ATTRIBUTES[condition]}", "w", encoding="ascii") as file:
            file.write(str(index * self.zone_size // 512))

    def break_seq(self, number, condition):
        self.break_zone(self.first_seq + number, condition)

    def heal(self):
        """What null_blk calls read-only or offline becomes empty when that is said of it once more."""
        for index, zone in enumerate(self.report()):
            if zone.condition in self.ATTRIBUTES:
                self.break_zone(index, zone.condition)

    def format(self, *options):
        """By mkfs.zonecopyfs. What it wrote without options is written again the next time, which is much faster."""
        self.heal()
        if options or self.super_block is None:
            must("mkfs.zonecopyfs", "-f", *options, self.path)
            if not options:
                with opened(self.path, O_RDONLY | O_DIRECT) as fd:
                    self.super_block = read_direct(fd, 4096, 0)
        else:
            with opened(self.path, O_RDWR) as fd:
                first = self.first_seq * self.zone_size
                fcntl.ioctl(fd, self.RESET, struct.pack("<QQ", first // 512, (self.end - first) // 512))
            self.write_super_block(self.super_block)

    def write_super_block(self, block):
        if not self.conventional:
            self.command(self.RESET, 0)
        with opened(self.path, O_RDWR | O_DIRECT | O_SYNC) as fd:
            equal(os.pwrite(fd, aligned(block), 0), len(block), "super block")
        if not self.conventional:
            self.command(self.FINISH, 0)

    @property
    def cnv_files(self):
        return max(0, self.conventional - 1)

    @property
    def seq_files(self):
        return self.zone_count - self.first_seq


device = Device(os.environ["ZONEFS_DEVICE"])
CAP, BLOCK = device.capacity, device.block


def need(conventional=0, max_open=0, max_active=0, faults=False, seq=1):
    """Skips the script on a device that has not what it is about."""
    if (device.cnv_files < conventional or bool(max_open) > bool(device.max_open) or bool(max_active) > bool(device.max_active)
            or device.seq_files < seq or faults and device.faults is None):
        skip("not for this device")


# --- mounts -----------------------------------------------------------------------------------------------------------

def remounted(ended):
    return "done" if ended.status == 0 else "refused"


class KernelMount(zctest.Mount):
    """Kernel zonefs, with what mounts of zonecopyfs can be asked."""

    def __init__(self, image, options="", point=None):  # pylint: disable=super-init-not-called
        self.image, self.options, self.path = image, options, point or tempfile_point()
        must("mount", "-t", "zonefs", *(("-o", options) if options else ()), image.path, self.path)

    def counter(self, name):
        with open(f"/sys/fs/zonefs/{self.image.name}/{name}", encoding="ascii") as file:
            return int(file.read())

    def unmount(self):
        must("umount", self.path)

    def remount(self, options):
        return remounted(run("mount", "-o", f"remount,{options}", self.image.path, self.path))


class OurMount(zctest.Mount):
    """zonecopyfs -o strict: without it sequential files take buffered writes, on purpose."""

    def __init__(self, image, options="", point=None):
        super().__init__(image, ",".join(filter(None, ("strict", options))), point=point)

    def remount(self, options):
        return remounted(run("mount.zonecopyfs", self.image.path, self.path, "-o", f"remount,strict,{options}"))


_points = 0


def tempfile_point():
    global _points
    _points += 1
    os.mkdir(point := f"{TMP}/mnt{_points}")
    return point


def mount(options=""):
    """Mounts the device as it is."""
    return (KernelMount if KERNEL else OurMount)(device, options, point=tempfile_point())


def fresh(options="", mkfs=()):
    """Formats the device and mounts it."""
    device.format(*mkfs)
    return mount(options)


def try_mount(options=""):
    """"mounted" or "refused"; it is not mounted afterwards."""
    point = tempfile_point()
    if KERNEL:
        ended = run("mount", "-t", "zonefs", *(("-o", options) if options else ()), device.path, point)
    else:
        ended = run("zonecopyfs", device.path, point, "-o", ",".join(filter(None, ("strict", options))))
    if ended.status != 0:
        return "refused"
    must("umount", point)
    for _ in range(500):
        # The daemon has the device until it has ended.
        with contextlib.suppress(OSError), opened(device.path, O_RDWR | O_EXCL):
            break
        time.sleep(0.01)
    return "mounted"


def size(path):
    return os.stat(path).st_size


def mode(path):
    return oct(os.stat(path).st_mode & 0o7777)


def opens(path, flags):
    """"opened", or an OSError."""
    os.close(os.open(path, flags))
    return "opened"


def fallocate(fd):
    """fallocate(2); what Python has writes zeros where the file system cannot."""
    return zctest._checked(libc.fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(4096)))


def done(function, *arguments):
    """"done" for calls that return None."""
    function(*arguments)
    return "done"
