"""Linear devices of the device mapper: copies are commands of the drive below, and the kernel's zonefs uses the same device in turns."""
from vmtest import *
from kernel_zonefs import *

SECTOR = 512


class Mapped:
    """A device that the device mapper makes of zones: a list of (namespace, first zone there, zones), or lines of a table."""
    made = []

    def __init__(self, name, parts, formatted=True):
        self.name, self.path, self.conventional = name, f"/dev/mapper/{name}", 0
        if isinstance(parts[0], str):
            table = "\n".join(parts)
        else:
            table = self.table_of(parts)
            self.parts = parts
            self.block, self.zone_size, self.capacity = parts[0][0].block, parts[0][0].zone_size, parts[0][0].capacity
        must("dmsetup", "create", name, data=table.encode())
        Mapped.made.append(self)
        if formatted:
            must("mkfs.zonecopyfs", "-f", self.path)

    @staticmethod
    def table_of(parts):
        lines, sector = [], 0
        for below, first, zones in parts:
            zone_sectors = below.zone_size // SECTOR
            lines.append(f"{sector} {zones * zone_sectors} linear {below.path} {first * zone_sectors}")
            sector += zones * zone_sectors
        return "\n".join(lines)

    def mount(self, options="", **keywords):
        return Mount(self, options, **keywords)

    def zone_of_seq(self, number):
        return 1 + number

    def remove(self):
        must("dmsetup", "remove", self.name)
        Mapped.made.remove(self)


def sizes(fs, count):
    return [os.stat(fs.seq(number)).st_size for number in range(count)]


def append(path, data):
    with opened(path, O_WRONLY | O_DIRECT | O_APPEND) as fd:
        equal(os.write(fd, aligned(data)), len(data), f"append to {path}")


def swapped(name="swapped", formatted=True):
    """Zones 8 to 11 of the namespace, then its zones 1 to 4: no LBA is what it is below."""
    one = Namespace("one", formatted=False)
    return one, Mapped(name, [(one, 8, 4), (one, 1, 4)], formatted)


@section
def copies_reach_the_drive():
    one, drive = swapped()
    told = json.loads(must("zonecopy", "report", drive.path, "--json").out)
    equal((told["kind"], told["zone_count"], told["copy"]["path"]), ("linear", 8, "offloaded"), "report")
    equal([(piece["device"], piece["first_zone"], piece["first_zone_below"], piece["zone_count"]) for piece in told["pieces"]],
          [(one.path, 0, 8, 4), (one.path, 4, 1, 4)], "pieces")
    fs = drive.mount()
    equal((fs.status()["device_kind"], fs.status()["copy_path"]), ("linear", "offloaded"))
    data = pattern(MIB + 8192)
    write_direct(fs.seq(0), data)  # zone 1 here, zone 9 below
    zone_blocks = one.zone_size // one.block
    for number, below, what in ((1, 10, "within a piece"), (4, 2, "between two pieces")):
        trace.mark()
        equal(copy_all_of(fs.seq(0), fs.seq(number), len(data)), len(data), what)
        check(trace.count("pci_nvme_copy") > 0, f"a copy {what} was not offloaded")
        equal(trace.host_transfers(), (0, 0, 0), f"a copy {what}: data through the host")
        ranges, outs = trace.events("pci_nvme_copy_source_range"), trace.events("pci_nvme_copy_out")
        equal((ranges[0]["slba"], outs[0]["slba"]), (9 * zone_blocks, below * zone_blocks), f"LBAs of a copy {what}")
        equal(sum(event["nlb"] for event in ranges) * one.block, len(data), f"blocks of a copy {what}")
        same_bytes(content(fs.seq(number)), data, what)
    write_direct(fs.seq(2), pattern(drive.capacity, 2))  # full
    os.truncate(fs.seq(5), drive.capacity)
    with open(fs.seq(6), "ab", buffering=0) as file:
        file.write(pattern(4096, 3))
    equal(fs.status()["bytes_emulated"], 0)
    ours, seen = sizes(fs, 7), [hashlib.sha256(content(fs.seq(number))).hexdigest() for number in range(7)]
    fs.unmount()

    kernel = KernelMount(drive)
    equal(sizes(kernel, 7), ours, "sizes that kernel zonefs sees")
    equal([hashlib.sha256(content(kernel.seq(number))).hexdigest() for number in range(7)], seen, "contents that kernel zonefs sees")
    more = pattern(16384, 9)
    for number in (0, 1, 4, 6):
        append(kernel.seq(number), more)
    kernel.unmount()

    fs = drive.mount()
    same_bytes(content(fs.seq(0)), data + more, "what the kernel appended")
    append(fs.seq(0), more)
    equal(copy_all_of(fs.seq(0), fs.seq(6), len(data), 0, 4096 + len(more)), len(data))
    os.truncate(fs.seq(1), 0)
    append(fs.seq(1), more)
    fs.unmount()

    # The kernel has written these zones and remembers where it stopped, which is not where they end by now.
    kernel = KernelMount(drive)
    for number in (0, 1, 4, 6):
        append(kernel.seq(number), more)
    same_bytes(content(kernel.seq(0)), data + 3 * more, "after both in turns")
    same_bytes(content(kernel.seq(1)), 2 * more)
    same_bytes(content(kernel.seq(6)), pattern(4096, 3) + more + data + more)
    kernel.unmount()


@section
def in_turns():
    """As for a drive of its own (interchange), but the driver is not started anew in between."""
    take_turns(swapped("turns")[1], 20261127, range(7), 14)


@section
def two_namespaces():
    one, two = Namespace("one", formatted=False), Namespace("one", 2, formatted=False)
    drive = Mapped("both", [(two, 2, 3), (one, 5, 3)])
    told = json.loads(must("zonecopy", "report", drive.path, "--json").out)
    equal((told["max_open_zones"], told["max_active_zones"]), (6, 9), "limits: the lower ones")
    equal(told["copy"]["max_range_bytes"], 32 * 4096, "limits of a range: the lower one")
    fs = drive.mount()
    data = pattern(MIB)
    write_direct(fs.seq(0), data)  # on the second namespace
    trace.mark()
    equal(copy_all_of(fs.seq(0), fs.seq(1), len(data)), len(data))
    equal({event["nsid"] for event in trace.events("pci_nvme_copy")}, {2}, "the namespace that copies")
    equal(trace.host_transfers(), (0, 0, 0), "data through the host")
    equal(copy_all_of(fs.seq(0), fs.seq(3), len(data)), len(data), "to the other namespace")
    equal(copy_all_of(fs.seq(3), fs.seq(4), len(data)), len(data), "on the other namespace")
    for number in (1, 3, 4):
        same_bytes(content(fs.seq(number)), data, f"seq/{number}")
    print(f"        between the namespaces: {fs.status()['last_fallback'] or 'offloaded'}")
    fs.unmount()
    kernel = KernelMount(drive)
    equal(sizes(kernel, 5), [MIB, MIB, 0, MIB, MIB])
    same_bytes(content(kernel.seq(3)), data)
    kernel.unmount()


@section
def linear_over_linear():
    one = Namespace("one", formatted=False)
    lower = Mapped("lower", [(one, 6, 6)], formatted=False)
    zone_sectors = one.zone_size // SECTOR
    drive = Mapped("upper", [f"0 {3 * zone_sectors} linear {lower.path} {2 * zone_sectors}"])
    told = json.loads(must("zonecopy", "report", drive.path, "--json").out)
    equal([(piece["device"], piece["first_zone_below"]) for piece in told["pieces"]], [(one.path, 8)], "pieces")
    fs = drive.mount()
    write_direct(fs.seq(0), pattern(8192))
    trace.mark()
    equal(copy_all_of(fs.seq(0), fs.seq(1), 8192), 8192)
    equal([event["slba"] for event in trace.events("pci_nvme_copy_source_range")], [9 * one.zone_size // one.block])
    fs.unmount()


@section
def tables_that_do_not_fit():
    one = Namespace("one", formatted=False)
    zones = 4 * one.zone_size // SECTOR
    drive = Mapped("flaky", [f"0 {zones} flakey {one.path} 0 600 0"])
    fs = drive.mount()
    equal(fs.status()["device_kind"], "block")
    equal(fs.status()["copy_unavailable"], "the device mapper table is not all linear: target 'flakey'")
    write_direct(fs.seq(0), pattern(8192))
    equal(copy_all_of(fs.seq(0), fs.seq(1), 8192), 8192)
    equal(fs.status()["bytes_emulated"], 8192)
    fs.unmount()
    one_line(run("zonecopyfs", drive.path, fs.path, "-o", "device=nvme"), 1, "device=nvme", "flakey")
    drive.remove()
    drive = swapped("asked")[1]
    fs = drive.mount("device=block")
    equal(fs.status()["device_kind"], "block", "device=block")
    fs.unmount()


@section
def one_at_a_time():
    one, drive = swapped("claimed")
    fs = drive.mount()
    check(run("mount", "-t", "zonefs", drive.path, KERNEL).status != 0, "the kernel mounted what zonecopyfs has")
    one_line(run("mkfs.zonecopyfs", "-f", drive.path), 1, "mounted", drive.path)
    one_line(run("mkfs.zonecopyfs", "-f", one.path), 1, "in use", one.path)
    check(run("dmsetup", "remove", drive.name).status != 0, "the device was removed below the mount")
    succeeds("zonecopy", "report", drive.path)
    fs.unmount()
    fs = drive.mount("ro")
    fs.unmount()


def states(namespace):
    return [(zone.condition, zone.written) for zone in namespace.report()]


@section
def suspended_while_mounted():
    one, drive = swapped("suspended")
    fs = drive.mount()
    write_direct(fs.seq(0), pattern(4096))
    below = states(one)
    must("dmsetup", "suspend", "--noflush", drive.name)
    refused("EIO", os.truncate, fs.seq(2), drive.capacity)
    refused("EIO EROFS", write_direct, fs.seq(1), pattern(4096))
    equal(states(one), below, "nothing was written while somebody may move the data")
    check("is suspended" in fs.status()["last_error"], f"last_error: {fs.status()['last_error']}")
    must("dmsetup", "resume", drive.name)
    fs.unmount()
    fs = drive.mount()
    write_direct(fs.seq(1), pattern(4096))
    fs.unmount()


@section
def a_table_that_is_changed_while_mounted():
    one, drive = swapped("changed")
    fs = drive.mount()
    write_direct(fs.seq(0), pattern(4096))
    below = states(one)
    must("dmsetup", "load", drive.name, data=Mapped.table_of([(one, 1, 4), (one, 8, 4)]).encode())
    must("dmsetup", "suspend", "--noflush", drive.name)
    must("dmsetup", "resume", drive.name)
    refused("EIO", os.truncate, fs.seq(4), drive.capacity)
    refused("EIO EROFS", write_direct, fs.seq(3), pattern(4096))
    refused("EIO", content, fs.seq(0))
    equal(states(one), below, "nothing was written to the wrong place")
    check("was changed" in fs.status()["last_error"], f"last_error: {fs.status()['last_error']}")
    fs.unmount()


@after_each_section
def remove_all():
    for drive in reversed(Mapped.made[:]):
        drive.remove()


run_sections()
