"""Reflinks under `zonecopy run` on an NVMe namespace: Copy commands, no byte through the host, and old data where they cannot be."""
from vmtest import *

RUN = ("zonecopy", "run", "--")
FICLONERANGE = """
import fcntl, os, struct, sys
source, target = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_TRUNC)
fcntl.ioctl(target, 0x4020940d, struct.pack("qQQQ", source, 0, 0, 0))
"""


@section
def a_reflink_is_copy_commands():
    drive = Namespace("given")
    fs = drive.mount("copy=offload")
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    commands = (("cp", "--reflink=always"), ("busybox", "cp", "--reflink=always"), ("cp",), (sys.executable, "-c", FICLONERANGE))
    for number, command in enumerate(commands, 1):
        trace.mark()
        succeeds(*RUN, *command, fs.seq(0), fs.seq(number))
        # 3072 blocks of capacity, 1024 a command: three. The limit of 256 blocks a range makes it four each.
        equal(trace.copied(), [[256] * 4] * 3, f"{command}: the ranges of each Copy")
        equal(trace.host_transfers(), (0, 0, 0), f"{command}: reads, writes and appends by the host")
        same_bytes(content(fs.seq(number)), source, f"{command}")
        equal(drive.seq_zone(number).condition, "full", f"{command}")
    # Onto a full zone: one reset, before the first Copy.
    trace.mark()
    succeeds("zonecopy", "run", "--require-offload", "cp", "--reflink=always", fs.seq(0), fs.seq(1))
    equal((len(trace.copied()), trace.count("pci_nvme_reset_zone")), (3, 1), "onto a full zone")
    same_bytes(content(fs.seq(1)), source, "onto a full zone")
    fs.unmount()


@section
def a_reflink_that_cannot_be_resets_nothing():
    drive = Namespace("given")
    fs = drive.mount()
    old = pattern(drive.capacity, 3)
    os.truncate(fs.seq(2), 0)
    write_direct(fs.seq(2), old)
    outside = file_with("outside", pattern(MIB))
    trace.mark()
    ended = run(*RUN, "cp", "--reflink=always", outside, fs.seq(2))
    check(ended.status == 1 and "cross-device" in ended.err, f"from another file system: {ended}")
    equal((trace.copied(), trace.count("pci_nvme_reset_zone")), ([], 0), "nothing is reset or copied")
    same_bytes(content(fs.seq(2)), old, "the old zone")
    equal(drive.seq_zone(2).condition, "full", "the old zone")
    fs.unmount()


run_sections()
