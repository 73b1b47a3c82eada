"""Copies on NVMe namespaces: the fewest Copy commands that the drive's limits allow, and no byte of it through the host."""
from vmtest import *

# What jobs/nvme_copy.sh gives the namespaces: (NAME, NSID, MSSRL, MCL, MSRC + 1).
GIVEN = ("given", 1, 256, 1024, 16)   # MCL is what stops a command, far from the 16 ranges
TINY = ("given", 2, 7, 13, 2)         # MCL again, in the middle of the second range
FEW = ("given", 3, 7, 1000, 3)        # the number of ranges
SECTORS = ("sectors", 1, 128, 128, 128)  # blocks of 512 bytes, QEMU's own limits: one range is all a command has
SINGLE = ("sectors", 2, 64, 256, 1)   # MSRC 0: one range


def command_blocks(limits):
    """The most that one command can copy."""
    _, _, range_blocks, total_blocks, ranges = limits
    return min(total_blocks, ranges * range_blocks)


def copy_counted(fs, limits, source, destination, blocks, source_block, destination_block, what):
    """copy_file_range of so many blocks, from file to file, and what the drive was told to do for it."""
    drive = fs.image
    _, _, range_blocks, total_blocks, ranges = limits
    what = f"{what}: {blocks} blocks from {source_block} to {destination_block}"
    trace.mark()
    got = copy_paths(fs.seq(source), fs.seq(destination), blocks * drive.block, source_block * drive.block,
                     destination_block * drive.block)
    equal(got, blocks * drive.block, what)
    commands = trace.copied()
    # The source is one run of blocks in one zone, so nothing but the limits cuts it: as many commands as the most that one
    # can copy goes into it, rounded up. One command more would be a plan that is not the best, one less is not possible.
    equal(len(commands), -(-blocks // command_blocks(limits)), f"{what}: Copy commands")
    for command in commands:
        check(len(command) <= ranges and max(command) <= range_blocks and sum(command) <= total_blocks,
              f"{what}: a command with ranges {command}")
    # Where the drive wrote: one piece after the other from the write pointer on, all of it.
    expected = drive.lba_of_seq(destination) + destination_block
    for event in trace.events("pci_nvme_copy_out"):
        equal(event["slba"], expected, f"{what}: written at")
        expected += event["nlb"]
    equal(expected, drive.lba_of_seq(destination) + destination_block + blocks, f"{what}: written up to")
    equal(trace.host_transfers(), (0, 0, 0), f"{what}: reads, writes and appends by the host")
    equal(trace.events("pci_nvme_err*"), [], f"{what}: refused by the drive")


def all_shapes(limits):
    """Copies just below, at and above each limit, one behind the other, and up to the last block of a zone's capacity."""
    name, nsid, range_blocks, total_blocks, ranges = limits
    drive = Namespace(name, nsid)
    fs = drive.mount("copy=offload")
    what = f"{name} {nsid}"
    equal(fs.counter("copy_limits"), f"ranges {ranges}, range bytes {range_blocks * drive.block}, total bytes {total_blocks * drive.block}", what)
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    capacity, most = drive.capacity // drive.block, command_blocks(limits)
    lengths = sorted({1, 2, range_blocks - 1, range_blocks, range_blocks + 1, most - 1, most, most + 1, 2 * most,
                      2 * most + 1, 3 * most - 1})
    zones, done = [b""], 0  # what seq/1, seq/2… have to hold

    def copy(blocks, source_block):
        nonlocal done
        copy_counted(fs, limits, 0, len(zones), blocks, source_block, len(zones[-1]) // drive.block, what)
        zones[-1] += source[source_block * drive.block:(source_block + blocks) * drive.block]
        done += blocks

    for blocks in (length for length in lengths if length <= capacity):
        if len(zones[-1]) // drive.block + blocks > capacity:
            # To the last block of the zone, which makes it full.
            copy(capacity - len(zones[-1]) // drive.block, 0)
            equal(drive.seq_zone(len(zones)).condition, "full", f"{what}: seq/{len(zones)}")
            zones.append(b"")
        copy(blocks, blocks * 5 % (capacity - blocks + 1))
    zones.append(b"")
    copy(capacity, 0)
    equal(drive.seq_zone(len(zones)).condition, "full", f"{what}: a whole zone")
    for number, expected in enumerate(zones, 1):
        same_bytes(content(fs.seq(number)), expected, f"{what}: seq/{number}")
    equal((fs.counter("bytes_offloaded"), fs.counter("bytes_emulated")), (done * drive.block, 0), what)
    fs.unmount()


@section
def all_shapes_where_blocks_of_a_command_are_the_limit():
    all_shapes(GIVEN)


@section
def all_shapes_where_a_command_ends_within_a_range():
    all_shapes(TINY)


@section
def all_shapes_where_ranges_are_the_limit():
    all_shapes(FEW)


@section
def all_shapes_with_blocks_of_512_bytes():
    all_shapes(SECTORS)


@section
def all_shapes_with_one_range():
    all_shapes(SINGLE)


@section
def a_full_zone_by_ordinary_programs():
    drive = Namespace("given")
    fs = drive.mount()
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    for number, command in enumerate((("cp", "--reflink=auto"), ("cp",), ("zonecopy", "copy")), 1):
        trace.mark()
        succeeds(*command, fs.seq(0), fs.seq(number))
        # 3072 blocks of capacity, 1024 a command: three, whoever asks. The limit of 256 blocks a range makes it four each.
        equal(trace.copied(), [[256] * 4] * 3, f"{command}: the ranges of each Copy")
        equal(trace.host_transfers(), (0, 0, 0), f"{command}: reads, writes and appends by the host")
        same_bytes(content(fs.seq(number)), source, f"{command}")
        equal(drive.seq_zone(number).condition, "full", f"{command}")
    status = fs.status()
    equal((status["bytes_offloaded"], status["bytes_emulated"], status["copies_offloaded"], status["last_fallback"]),
          (3 * drive.capacity, 0, 3, ""))
    # Onto a zone that is full: cp empties it first, which is one reset and nothing else.
    trace.mark()
    succeeds("cp", "--reflink=auto", fs.seq(0), fs.seq(1))
    equal((len(trace.copied()), trace.count("pci_nvme_reset_zone"), trace.host_transfers()), (3, 1, (0, 0, 0)), "cp onto a full zone")
    same_bytes(content(fs.seq(1)), source, "cp onto a full zone")


@section
def a_file_onto_its_own_end():
    drive = Namespace("given", 3)
    fs = drive.mount("copy=offload")
    source = pattern(64 * 4096)
    write_direct(fs.seq(0), source)
    copy_counted(fs, FEW, 0, 0, 64, 0, 64, "onto its own end")
    copy_counted(fs, FEW, 0, 0, 22, 53, 128, "across the seam")
    same_bytes(content(fs.seq(0)), source + source + (source + source)[53 * 4096:75 * 4096], "seq/0")


@section
def limits_can_be_lowered_but_not_raised():
    drive = Namespace("given")
    source = pattern(drive.capacity)
    for options, commands in (
            # 3072 blocks in commands of 2 ranges of 256 blocks
            ("copy_max_ranges=2", 6),
            # of 1 MiB
            ("copy_max_bytes=1MiB", 12),
            # of 3 ranges, the last cut off at 2.5 MiB, 640 blocks
            ("copy_max_ranges=3,copy_max_bytes=2560KiB", 5),
            # of 1024 blocks, the drive's own limit, which no option moves
            ("copy_max_ranges=256,copy_max_bytes=1GiB", 3),
            ("copy_max_ranges=0,copy_max_bytes=0", 3)):
        if options == "copy_max_ranges=2":
            fs = drive.mount(options)
            write_direct(fs.seq(0), source)
        else:
            fs = fs.again(options)
        trace.mark()
        equal(copy_all_of(fs.seq(0), fs.seq(1), drive.capacity), drive.capacity, options)
        equal((len(trace.copied()), trace.host_transfers()), (commands, (0, 0, 0)), f"{options}: Copy commands, host transfers")
        same_bytes(content(fs.seq(1)), source, options)
        # The drive's limits stay what the status shows; what is in force is seen in the options.
        equal(fs.counter("copy_limits"), "ranges 16, range bytes 1048576, total bytes 4194304", options)
        os.truncate(fs.seq(1), 0)
    # Less than a block means one block, not none.
    fs = fs.again("copy_max_bytes=1")
    trace.mark()
    equal(copy_paths(fs.seq(0), fs.seq(1), 5 * 4096), 5 * 4096)
    equal(trace.copied(), [[1]] * 5, "copy_max_bytes=1: a command for each block")


@section
def two_zones_at_once():
    drive = Namespace("given")
    fs = drive.mount("copy=offload")
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    overlapped = False
    for _ in range(5):  # once, unless one copy was done before the other one began
        if overlapped:
            break
        trace.mark()
        copies = [in_background(lambda number=number: copy_all_of(fs.seq(0), fs.seq(number), drive.capacity)) for number in (1, 2)]
        equal([copy.result() for copy in copies], [drive.capacity] * 2)
        # Each zone needs its three, and its commands stay in order.
        equal((trace.count("pci_nvme_copy"), trace.host_transfers()), (6, (0, 0, 0)), "Copy commands, host transfers")
        first = {number: drive.lba_of_seq(number) for number in (1, 2)}
        order = [next(number for number in (1, 2) if first[number] <= event["slba"] < first[number] + 4096)
                 for event in trace.events("pci_nvme_copy_out")]
        for number in (1, 2):
            equal([event["slba"] for event in trace.events("pci_nvme_copy_out") if first[number] <= event["slba"] < first[number] + 4096],
                  list(range(first[number], first[number] + 3072, 256)), f"seq/{number}: in order")
            same_bytes(content(fs.seq(number)), source, f"seq/{number}")
            os.truncate(fs.seq(number), 0)
        # One after the other would be 12 ranges of one zone and then 12 of the other.
        overlapped = overlapped or sum(a != b for a, b in zip(order, order[1:])) > 1
    check(overlapped, "copies to two zones have always been done one after the other")


@section
def a_writer_a_reader_and_a_copy_at_once():
    drive = Namespace("given")
    fs = drive.mount()
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    copy = in_background(lambda: copy_all_of(fs.seq(0), fs.seq(1), drive.capacity))
    reader = in_background(lambda: content(fs.seq(0)))
    written = pattern(2 * MIB, 3)
    write_direct(fs.seq(2), written)
    equal(copy.result(), drive.capacity)
    same_bytes(reader.result(), source, "read during the copy")
    same_bytes(content(fs.seq(1)), source, "copied")
    same_bytes(content(fs.seq(2)), written, "written during the copy")


@section
def a_namespace_without_copy():
    drive = Namespace("none")
    reason = "the namespace announces limits that leave no Copy (MSSRL 0, MCL 0, MSRC 0)"
    check(f"copy: not available: {reason}" in succeeds("zonecopy", "report", drive.path).out, "the report does not say why")
    fs = drive.mount(foreground=True)
    equal((fs.counter("copy_unavailable"), fs.counter("copy_mechanism")), (reason, ""))
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    trace.mark()
    succeeds("cp", "--reflink=auto", fs.seq(0), fs.seq(1))
    reads, writes, appends = trace.host_transfers()
    equal((trace.count("pci_nvme_copy"), appends), (0, 0), "Copy commands and appends")
    # 512 KiB a command is QEMU's MDTS and the kernel's limit of 128 segments: what is read and written in the fewest.
    equal((reads, writes), (24, 24), "reads and writes of 12 MiB")
    same_bytes(content(fs.seq(1)), source, "seq/1")
    status = fs.status()
    equal((status["bytes_offloaded"], status["bytes_emulated"], status["copies_emulated"], status["last_fallback"]),
          (0, drive.capacity, 1, reason))
    equal(fs.log().count(f"copy not offloaded: {reason}"), 1, f"how often the log says why: {fs.log()}")
    ended = run("zonecopy", "copy", fs.seq(0), fs.seq(2))
    check(ended.status == 0 and f"emulated {drive.capacity} bytes" in ended.out + ended.err and reason in ended.out + ended.err,
          f"zonecopy copy does not tell: {ended}")

    fs = fs.again("copy=offload")
    os.truncate(fs.seq(1), 0)
    trace.mark()
    refused("EIO", copy_paths, fs.seq(0), fs.seq(1), MIB)
    equal((trace.count("pci_nvme_copy"), trace.host_transfers()), (0, (0, 0, 0)), "copy=offload: nothing is sent")
    equal((os.stat(fs.seq(1)).st_size, fs.counter("read_only"), fs.counter("last_fallback")), (0, 0, reason))
    equal(write_direct(fs.seq(1), pattern(4096)), 4096, "and nothing is broken")


@section
def emulation_where_the_drive_could_copy():
    drive = Namespace("given")
    fs = drive.mount("copy=emulate")
    source = pattern(3 * MIB)
    write_direct(fs.seq(0), source)
    trace.mark()
    equal(copy_all_of(fs.seq(0), fs.seq(1), len(source)), len(source))
    # 3 MiB in commands of 512 KiB, each way.
    equal((trace.count("pci_nvme_copy"), trace.host_transfers()), (0, (6, 6, 0)))
    equal((fs.counter("bytes_emulated"), fs.counter("last_fallback")), (len(source), "emulation was asked for"))
    same_bytes(content(fs.seq(1)), source, "seq/1")


# --- failures ---------------------------------------------------------------------------------------------------------

# Of the namespace "media" one sector cannot be read and one cannot be written (boot's bad_read= and bad_write=): block 40 of
# seq/0 and of seq/1. MSSRL is 16 blocks and MCL 64, so each lies in the third range of the first Copy.
ACKNOWLEDGED = 32 * 4096


def media(options):
    drive = Namespace("media")
    fs = drive.mount(options, foreground=True)
    return drive, fs


@section
def a_range_that_cannot_be_read():
    # With errors=remount-ro, the default: nothing is wrong with the destination, so the mount stays as it is.
    drive, fs = media("")
    source = pattern(64 * 4096)
    write_direct(fs.seq(0), source)
    refused("EIO", lambda: content(fs.seq(0)))
    for mode in ("auto", "offload"):
        trace.mark()
        # What lies before the failed range is copied and says so; the next call gets the error.
        equal(copy_paths(fs.seq(0), fs.seq(2), 64 * 4096), ACKNOWLEDGED, f"copy={mode}")
        # One command, of which the drive wrote two ranges. Not to be tried by reading: a read would fail as well.
        equal((trace.copied(), trace.count("pci_nvme_copy_out"), trace.host_transfers()), ([[16] * 3], 2, (0, 0, 0)), f"copy={mode}")
        refused("EIO", copy_paths, fs.seq(0), fs.seq(2), 32 * 4096, ACKNOWLEDGED, ACKNOWLEDGED)
        equal((os.stat(fs.seq(2)).st_size, drive.seq_zone(2).written), (ACKNOWLEDGED, ACKNOWLEDGED), "size and write pointer")
        same_bytes(content(fs.seq(2)), source[:ACKNOWLEDGED], "what was acknowledged")
        # The rest of the source can be copied behind it.
        equal(copy_paths(fs.seq(0), fs.seq(2), 16 * 4096, 48 * 4096, ACKNOWLEDGED), 16 * 4096)
        same_bytes(content(fs.seq(2)), source[:ACKNOWLEDGED] + source[48 * 4096:], "and what came behind it")
        equal(fs.counter("read_only"), 0)
        line = next((line for line in fs.log().splitlines() if "Unrecovered Read Error" in line and ": copy on" in line), "")
        for word in (drive.path, "zone 3", f"LBA {drive.lba_of_seq(2)}", "0x281"):
            check(word in line, f"the log does not name {word!r}: {line!r}")
        if mode == "auto":
            os.truncate(fs.seq(2), 0)
            fs = fs.again("copy=offload", foreground=True)


@section
def a_range_that_cannot_be_written():
    for policy in ("remount-ro", "zone-ro", "zone-offline", "repair"):
        drive, fs = media(f"errors={policy}")
        source = pattern(64 * 4096)
        write_direct(fs.seq(3), source)
        trace.mark()
        equal(copy_paths(fs.seq(3), fs.seq(1), 64 * 4096), ACKNOWLEDGED, policy)
        equal((len(trace.copied()), trace.host_transfers()), (1, (0, 0, 0)), policy)
        size = os.stat(fs.seq(1)).st_size
        mode = stat.S_IMODE(os.stat(fs.seq(1)).st_mode)
        # zonefs.rst, "IO error handling": what each policy leaves of a file whose zone is good.
        equal((size, mode, fs.counter("read_only")), {"remount-ro": (ACKNOWLEDGED, 0o640, 1), "zone-ro": (ACKNOWLEDGED, 0o440, 0),
                                                      "zone-offline": (0, 0, 0), "repair": (ACKNOWLEDGED, 0o640, 0)}[policy], policy)
        check("0x280" in fs.log() and "Write Fault" in fs.log(), f"{policy}: {fs.log()}")
        if policy != "zone-offline":
            same_bytes(content(fs.seq(1)), source[:ACKNOWLEDGED], policy)
        refusal = {"remount-ro": "EROFS", "zone-ro": "EPERM", "zone-offline": "EPERM"}.get(policy)
        if refusal:
            refused(refusal, copy_paths, fs.seq(3), fs.seq(1), 4096, 0, size)
        else:
            # QEMU's own write pointer has gone past what it reports: only a reset makes the zone usable.
            refused("EIO", copy_paths, fs.seq(3), fs.seq(1), 4096, 0, size)
            os.truncate(fs.seq(1), 0)
            equal(copy_paths(fs.seq(3), fs.seq(1), 32 * 4096), 32 * 4096, "after a reset")
            same_bytes(content(fs.seq(1)), source[:ACKNOWLEDGED], "after a reset")
        fs.unmount()


run_sections()
