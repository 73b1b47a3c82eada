"""zonecopy's own NVMe/TCP host on the kernel's target: over a zoned block device, where it has no Copy, and by passthrough over QEMU's
drive, which has."""
from vmtest import *
from kernel_target import *
from nvme_commands import facts
from zone_writer import *

BLOCKS_NQN, DRIVE_NQN = "nqn.2026-11.org.example:blocks", "nqn.2026-11.org.example:drive"


class RemoteDisk:
    """A namespace of the kernel's target by its name across the network, in place of Image, and the device below."""
    conventional = 0

    def __init__(self, target, below, **keys):
        must("blkzone", "reset", below.path)
        self.target, self.below = target, below
        self.path = target.name() + "".join(f"&{name.replace('_', '-')}={value}" for name, value in keys.items())
        self.block, self.zone_size, self.capacity, self.zones = below.block, below.zone_size, below.capacity, below.zones

    def mount(self, options="", **keywords):
        must("mkfs.zonecopyfs", "-f", self.path)
        return Mount(self, options, **keywords)


def block_device(settings=None, **keys):
    target = KernelTarget(BLOCKS_NQN, 4420, devices=["/dev/zoned"], **(settings or {}))
    return RemoteDisk(target, ZonedDisk("/dev/zoned", formatted=False), **keys)


def drive(**keys):
    target = KernelTarget(DRIVE_NQN, 4421, controller_node=f"/dev/{controller('copying')}")
    return RemoteDisk(target, Namespace("copying", formatted=False), **keys)


def copies(disk):
    """Writes seq/0 and copies it to seq/1 and seq/2; the mount."""
    fs = disk.mount(foreground=True)
    data = pattern(disk.capacity)
    write_direct(fs.seq(0), data)
    trace.mark()
    succeeds("cp", "--reflink=auto", fs.seq(0), fs.seq(1))
    equal(copy_all_of(fs.seq(0), fs.seq(2), MIB), MIB)
    same_bytes(content(fs.seq(1)), data, "copied by cp")
    same_bytes(content(fs.seq(2)), data[:MIB], "copied by copy_file_range")
    return fs


def as_the_kernel_has_it(disk):
    """What our host says of zones, and what the kernel says of those below."""
    equal(facts(report(disk.path)), facts(disk.below.report()), "zones by our host, and below by the kernel")


@section
def a_block_device_has_no_copy():
    disk = block_device()
    as_the_kernel_has_it(disk)
    fs = copies(disk)
    equal(fs.copy_counters(), {"emulated": (disk.capacity + MIB, 2)})
    reason = "the controller does not have the Copy command (ONCS)"
    equal((fs.counter("copy_unavailable"), fs.counter("last_fallback"), fs.counter("device_kind")), (reason, reason, "remote"))
    fs.unmount()
    as_the_kernel_has_it(disk)


@section
def a_drive_copies_by_itself():
    for keys in ({}, {"header_digest": "on", "data_digest": "on"}):
        disk = drive(**keys)
        as_the_kernel_has_it(disk)
        fs = copies(disk)
        equal(fs.copy_counters(), {"offloaded": (disk.capacity + MIB, 2)}, str(keys))
        equal(trace.count("pci_nvme_copy"), 4, f"{keys}: Copy commands, of 1 MiB each")
        equal(trace.host_transfers()[1:], (0, 0), f"{keys}: writes and appends")
        fs.unmount()
        as_the_kernel_has_it(disk)
        disk.target.remove()


@section
def nothing_happens_for_a_while():
    disk = block_device(keep_alive=1)
    fs = disk.mount(foreground=True)
    write_direct(fs.seq(0), pattern(MIB))
    # There is nothing else on the loopback interface: ten packets are several keep alives and their answers.
    before = packets()
    waiting.again_and_again(lambda: packets() > before + 20)
    write_direct(fs.seq(0), pattern(MIB, 2), MIB)
    same_bytes(content(fs.seq(0)), pattern(MIB) + pattern(MIB, 2))
    check("keep-alive timer" not in must("dmesg").out, "the target has ended a connection")
    check("ERROR" not in fs.log(), fs.log())
    fs.unmount()


def packets():
    return int(open("/sys/class/net/lo/statistics/rx_packets", encoding="ascii").read())


def while_it_writes(disk, disturb, rounds=3):
    """`disturb` does something to the target and puts it right; all goes on, without an error, and everything is there."""
    fs = disk.mount("errors=repair", foreground=True)
    writer = ZoneWriter({number: (fs.seq(number), 0) for number in range(disk.zones - 1)}, disk.capacity)
    for _ in range(rounds):
        writer.wait_for_progress()
        disturb(disk.target)
    writer.wait_for_progress()
    writer.end()
    equal(writer.errors, [], f"errors, and the log {fs.log()}")
    writer.check(lambda number: os.stat(fs.seq(number)).st_size, disturb.__name__)
    fs.unmount()
    zones = disk.below.report()
    for number, acknowledged in writer.acknowledged.items():
        equal(zones[number + 1].written, acknowledged, f"seq/{number} below")


@section
def a_target_that_goes_and_comes_back():
    def gone(target):
        target.withdraw()
        target.offer()
    while_it_writes(block_device(keep_alive=2), gone)


@section
def a_drive_whose_target_goes_and_comes_back():
    def gone(target):
        target.withdraw()
        target.offer()
    while_it_writes(drive(keep_alive=2), gone)


@section
def a_network_that_is_down():
    # A program that is started while a write waits would wait as well: it closes what it inherits, and that flushes the file. So one that
    # is started before does it. The kernel's target says when it has missed its host.
    with subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        def cut(_):
            shell.stdin.write(b"""
                missed() { dmesg | grep -c 'keep-alive timer'; }
                before=$(missed)
                ip link set lo down
                while (($(missed) == before)); do sleep 0.1; done
                ip link set lo up
                echo up\n""")
            shell.stdin.flush()
            equal(shell.stdout.readline(), b"up\n")
        while_it_writes(block_device(keep_alive=2), cut)


@section
def a_target_that_does_not_come_back():
    disk = block_device(keep_alive=2, reconnect=3)
    fs = disk.mount("errors=repair", foreground=True)
    write_direct(fs.seq(0), pattern(MIB))
    disk.target.withdraw()
    refused("EIO", write_direct, fs.seq(0), pattern(4096), MIB)
    check(f"zone 1, LBA {disk.zone_size // disk.block + MIB // disk.block}" in fs.log() and "within 3 s" in fs.log(), fs.log())
    disk.target.offer()
    fs.unmount()


@section
def a_secret():
    keys = [must("nvme", "gen-dhchap-key", "--hmac", 1).out.strip() for _ in range(2)]
    files = [file_with(f"key{number}", key.encode() + b"\n") for number, key in enumerate(keys)]
    for path in files:
        os.chmod(path, 0o600)
    host_nqn = "nqn.2026-11.org.example:host"
    disk = block_device({"host_nqn": host_nqn, "secret": keys[0]}, hostnqn=host_nqn)
    one_line(run("zonecopy", "report", disk.path), 1, "secret")
    one_line(run("zonecopy", "report", f"{disk.path}&secret={files[1]}"), 1, "secret")
    equal(facts(report(f"{disk.path}&secret={files[0]}")), facts(disk.below.report()))


run_sections()
