"""A mount on an NVMe drive: which commands go to it, and what becomes of the files when it refuses one."""
from vmtest import *

# What jobs/nvme_mount.sh boots: "free" has zones of 16 MiB with a capacity of 12, no limits of open zones, appends of at most
# 128 KiB; "limited" opens at most 2 zones and has 4 active, transfers at most 128 KiB (MDTS) and appends 32 KiB (ZASL);
# "narrow" transfers 8 KiB at most and has 200 zones; "plain" is not zoned.


def as_seen(drive, number):
    zone = drive.seq_zone(number)
    return zone.condition, zone.written


# --- commands ---------------------------------------------------------------------------------------------------------

@section
def direct_writes_go_to_the_write_pointer():
    drive = Namespace("free")
    fs = drive.mount()
    whole = b""
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        # 512 KiB is QEMU's MDTS and the kernel's limit of 128 segments of 4 KiB, so that 1 MiB takes two commands.
        for length, commands in ((4096, 1), (128 * KIB, 1), (512 * KIB, 1), (MIB, 2), (8192, 1)):
            trace.mark()
            data = pattern(length, length)
            equal(os.pwrite(fd, aligned(data), len(whole)), length)
            writes = trace.events("pci_nvme_write")
            equal(len(writes), commands, f"writes of {length} bytes")
            equal([event["lba"] for event in writes], [drive.lba_of_seq(0, len(whole) + 512 * KIB * i) for i in range(commands)])
            equal(trace.host_transfers(), (0, commands, 0), "nothing else")
            whole += data
        trace.mark()
        for offset in (0, len(whole) - 4096, len(whole) + 4096):
            refused("EINVAL", os.pwrite, fd, aligned(4096), offset)
        equal(trace.events(), [], "what cannot be right is not even sent")
        equal(as_seen(drive, 0), ("implicit-open", len(whole)))
        trace.mark()
        same_bytes(read_direct(fd, MIB, 4096), whole[4096:4096 + MIB], "read")
        # FUSE asks for at most 1 MiB at once, the drive gives at most 512 KiB.
        equal(trace.host_transfers(), (2, 0, 0), "reads of 1 MiB")
    same_bytes(content(fs.seq(0)), whole, "seq/0")


@section
def appends_are_zone_appends():
    for name, limit in (("free", 128 * KIB), ("limited", 32 * KIB)):
        drive = Namespace(name)
        fs = drive.mount()
        whole = b""
        with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
            for length in (4096, limit, limit + 4096, 8 * limit):
                trace.mark()
                data = pattern(length, length)
                equal(os.write(fd, aligned(data)), length)
                # Each append as long as ZASL allows; and no write at all.
                equal(trace.host_transfers(), (0, 0, -(-length // limit)), f"{name}: an append of {length} bytes")
                equal(trace.events("pci_nvme_err*"), [], name)
                whole += data
        # Without O_DIRECT too, which is how a shell's >> writes.
        with open(fs.seq(0), "ab", buffering=0) as file:
            trace.mark()
            equal(file.write(pattern(8192)), 8192)
            equal(trace.host_transfers(), (0, 0, 1), f"{name}: an ordinary append")
        same_bytes(content(fs.seq(0)), whole + pattern(8192), f"{name}: seq/0")

        # From several processes at once: all there, each in one piece.
        def appender(number):
            with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
                for step in range(12):
                    equal(os.write(fd, aligned(struct.pack("<II", number, step) * 512)), 4096)

        trace.mark()
        at_once(*(lambda number=number: appender(number) for number in range(3)))
        equal(trace.host_transfers(), (0, 0, 36), f"{name}: 12 appends of 3 processes")
        data = content(fs.seq(1))
        found = sorted(struct.unpack_from("<II", data, offset) for offset in range(0, len(data), 4096))
        equal(found, [(number, step) for number in range(3) for step in range(12)], f"{name}: what was appended")
        equal(fs.counter("read_only"), 0)
        fs.unmount()


@section
def gaps_are_zeros_that_the_drive_writes():
    drive = Namespace("free")
    fs = drive.mount()
    trace.mark()
    with opened(fs.seq(0), O_RDWR) as fd:
        equal(os.pwrite(fd, b"end", 5 * MIB), 3)
        os.ftruncate(fd, 6 * MIB)
        os.fsync(fd)
    zeroes = [event["nlb"] for event in trace.events("pci_nvme_write*") if "WRITE_ZEROES" in event.text]
    check(zeroes, "Write Zeroes commands")
    equal(sum(zeroes), 6 * MIB // 4096 - 1, "blocks of zeros, all but the one with data")
    equal(trace.count("pci_nvme_write", "CMD_WRITE'") or trace.host_transfers()[1] - len(zeroes), 1, "other writes")
    same_bytes(content(fs.seq(0)), bytes(5 * MIB) + b"end" + bytes(MIB - 3), "seq/0")
    equal(drive.seq_zone(0).written, 6 * MIB, "the drive's write pointer")
    fs.unmount()


@section
def transfers_are_split_by_what_the_drive_takes():
    drive = Namespace("limited")
    fs = drive.mount()
    data = pattern(MIB)
    trace.mark()
    write_direct(fs.seq(0), data)
    # 1 MiB in commands of 128 KiB.
    equal(trace.host_transfers(), (0, 8, 0), "writes")
    trace.mark()
    with opened(fs.seq(0), O_RDONLY | O_DIRECT) as fd:
        same_bytes(read_direct(fd, MIB, 0), data, "seq/0")
    equal(trace.host_transfers(), (8, 0, 0), "reads")

    drive = Namespace("narrow", formatted=False)
    trace.mark()
    zones = zctest.report(drive.path)
    equal((len(zones), trace.count("pci_nvme_io_cmd", "MGMT_RECV")), (200, 2),
          "8 KiB hold a header and 127 zones, so 200 take two reports")
    equal([zone.index for zone in zones], list(range(200)))
    drive.format()
    fs = drive.mount()
    data = pattern(64 * KIB)
    trace.mark()
    write_direct(fs.seq(198), data)
    with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
        equal(os.write(fd, aligned(data)), len(data))
    same_bytes(content(fs.seq(198)) + content(fs.seq(1)), data + data, "narrow")
    reads, writes, appends = trace.host_transfers()
    # 64 KiB in commands of 8 KiB.
    equal((writes, appends), (8, 8), "narrow: writes and appends")
    check(reads >= 16, f"narrow: {reads} reads")
    equal(trace.events("pci_nvme_err*"), [], "narrow")


@section
def truncate_resets_and_finishes():
    drive = Namespace("free")
    fs = drive.mount()

    def management():
        found = [event.name.removeprefix("pci_nvme_") for event in trace.events("pci_nvme_*")
                 if event.name in ("pci_nvme_open_zone", "pci_nvme_close_zone", "pci_nvme_finish_zone", "pci_nvme_reset_zone")]
        trace.mark()
        return found

    write_direct(fs.seq(0), pattern(8192))
    trace.mark()
    os.truncate(fs.seq(0), 0)
    equal((management(), as_seen(drive, 0)), (["reset_zone"], ("empty", 0)), "to 0")
    os.truncate(fs.seq(0), drive.capacity)
    equal((management(), as_seen(drive, 0)), (["finish_zone"], ("full", drive.capacity)), "to the capacity")
    os.close(os.open(fs.seq(0), O_WRONLY | O_TRUNC))
    equal((management(), as_seen(drive, 0)), (["reset_zone"], ("empty", 0)), "O_TRUNC")
    write_direct(fs.seq(0), pattern(8192))
    management()
    for length in (1, 4096, 8191):
        refused("EPERM", os.truncate, fs.seq(0), length)
    refused("EFBIG", os.truncate, fs.seq(0), drive.capacity + 4096)
    equal(management(), [], "what is refused is not sent")


@section
def what_is_synced_is_flushed():
    drive = Namespace("free")
    fs = drive.mount()
    for flags, writes, flushes in ((O_DIRECT, 3, 0), (O_DIRECT | O_DSYNC, 3, 3)):
        with opened(fs.seq(0), O_WRONLY | flags) as fd:
            trace.mark()
            for _ in range(writes):
                os.pwrite(fd, aligned(4096), os.fstat(fd).st_size)
            # QEMU's controllers have a write cache: one flush for each write that is to be durable, else none.
            equal(trace.count("pci_nvme_io_cmd", "_FLUSH"), flushes, f"flushes of {writes} writes, flags {flags:#x}")
            trace.mark()
            os.fsync(fd)
            equal(trace.count("pci_nvme_io_cmd", "_FLUSH"), 1, "fsync")


@section
def a_zone_that_is_full():
    drive = Namespace("limited")
    fs = drive.mount("explicit-open")
    data = pattern(drive.capacity + 8192)
    with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
        equal(os.pwrite(fd, aligned(data[:2 * MIB]), 0), 2 * MIB)
        equal(os.pwrite(fd, aligned(data[2 * MIB:]), 2 * MIB), drive.capacity - 2 * MIB, "short at the capacity")
        equal(as_seen(drive, 0), ("full", drive.capacity))
        trace.mark()
        refused("EFBIG", os.pwrite, fd, aligned(4096), drive.capacity)
        equal(trace.events(), [], "nothing is sent")
    with opened(fs.seq(0), O_WRONLY | O_DIRECT | O_APPEND) as fd:
        refused("EFBIG", os.write, fd, aligned(4096))
    refused("EFBIG", copy_paths, fs.seq(0), fs.seq(0), 4096, 0, drive.capacity)
    # A full zone is neither open nor active, whoever holds it open.
    eventually(fs.accounting, (0, 0))
    same_bytes(content(fs.seq(0)), data[:drive.capacity], "seq/0")
    with opened(fs.seq(1), O_WRONLY | O_DIRECT | O_APPEND) as fd:
        equal(os.write(fd, aligned(drive.capacity - 4096)), drive.capacity - 4096)
        equal(os.write(fd, aligned(8192)), 4096, "an append is short at the capacity")
        refused("EFBIG", os.write, fd, aligned(4096))
    equal(as_seen(drive, 1), ("full", drive.capacity))


@section
def open_and_active_zones():
    drive = Namespace("limited")
    fs = drive.mount("explicit-open")
    equal((fs.counter("max_wro_seq_files"), fs.counter("max_active_seq_files")), (2, 4))
    trace.mark()
    first, second = (os.open(fs.seq(number), O_WRONLY | O_DIRECT) for number in (0, 1))
    equal((trace.count("pci_nvme_open_zone"), as_seen(drive, 0)[0], fs.accounting()), (2, "explicit-open", (2, 2)))
    refused("EBUSY", os.open, fs.seq(2), O_WRONLY)
    equal((trace.count("pci_nvme_open_zone"), fs.accounting()), (2, (2, 2)), "the drive is not even asked")
    os.pwrite(first, aligned(4096), 0)
    trace.mark()
    os.close(first)
    eventually(fs.accounting, (1, 2))
    equal((trace.count("pci_nvme_close_zone"), as_seen(drive, 0)), (1, ("closed", 4096)), "a written zone is closed")
    os.close(second)
    eventually(fs.accounting, (0, 1))
    # QEMU, by the standard, makes a zone that nothing was written to empty when it is closed; that takes no reset.
    equal((as_seen(drive, 1), trace.count("pci_nvme_reset_zone") <= 1), (("empty", 0), True), "an unwritten one is empty")
    for number in (1, 2, 3):
        write_direct(fs.seq(number), pattern(4096))
    eventually(fs.accounting, (0, 4))
    # The fifth: by the open that the drive refuses with Too Many Active Zones, or without opening by the write and the copy.
    refused("EOVERFLOW", os.open, fs.seq(4), O_WRONLY)
    equal(fs.accounting(), (0, 4), "the refused one does not count")
    fs = fs.again("errors=repair")
    refused("EOVERFLOW", write_direct, fs.seq(4), pattern(4096))
    refused("EOVERFLOW", copy_paths, fs.seq(0), fs.seq(4), 4096)
    equal((os.stat(fs.seq(4)).st_size, as_seen(drive, 4)), (0, ("empty", 0)))
    os.truncate(fs.seq(1), 0)
    equal(copy_paths(fs.seq(0), fs.seq(4), 4096), 4096, "a reset zone makes room for a copy")
    os.truncate(fs.seq(2), drive.capacity)
    equal(write_direct(fs.seq(5), pattern(4096)), 4096, "a finished one for a write")


# --- somebody else writes ---------------------------------------------------------------------------------------------

POLICIES = ("remount-ro", "zone-ro", "zone-offline", "repair")


def outcome(policy, known, pointer):
    """(size, mode, read-only mount) of a file of a good zone (zonefs.rst, "IO error handling"), after an error: it was `known`
    bytes long, the write pointer says `pointer`."""
    return {"remount-ro": (min(known, pointer), 0o640, 1), "zone-ro": (known, 0o440, 0), "zone-offline": (0, 0, 0),
            "repair": (pointer, 0o640, 0)}[policy]


def file_state(fs, number):
    state = os.stat(fs.seq(number))
    return state.st_size, stat.S_IMODE(state.st_mode), fs.counter("read_only")


@section
def another_writer():
    drive = Namespace("free")
    for policy in POLICIES:
        drive.format()
        fs = drive.mount(f"errors={policy}", foreground=True)
        mine, theirs = pattern(8192, 1), pattern(4096, 2)
        # What is left of a file does not depend on what failed, so not all is tried with each policy.
        tried = {"remount-ro": ("write",), "zone-ro": ("copy",), "zone-offline": ("write", "append"),
                 "repair": ("write", "copy", "append")}[policy]
        for number, what in enumerate(tried):
            write_direct(fs.seq(number), mine)
            if number == 0:
                write_direct(fs.seq(5), pattern(4096, 9))
            drive.foreign_append(number, theirs)
            pointer = len(mine) + len(theirs)
            trace.mark()
            if what == "write":
                refused("EIO", write_direct, fs.seq(number), pattern(4096, 3), len(mine))
            elif what == "copy":
                refused("EIO", copy_paths, fs.seq(5), fs.seq(number), 4096, 0, len(mine))
                # One command, refused; no second try by reading and writing.
                equal((trace.count("pci_nvme_copy"), trace.host_transfers()), (1, (0, 0, 0)), f"{policy}: {what}")
            else:
                # The drive puts it behind what the other one wrote, where the file does not end: that is no success.
                with opened(fs.seq(number), O_WRONLY | O_DIRECT | O_APPEND) as fd:
                    refused("EIO", os.write, fd, aligned(4096, 3))
                pointer += 4096
            # The zone is reported again: for the file's size, and by the copy engine before, to know how much of the Copy was done.
            equal(trace.count("pci_nvme_io_cmd", "MGMT_RECV"), 2 if what == "copy" else 1, f"{policy}: {what}: zone reports")
            equal(as_seen(drive, number)[1], pointer, f"{policy}: {what}: write pointer")
            equal(file_state(fs, number), outcome(policy, len(mine), pointer), f"{policy}: {what}: size, mode, read-only")
            if policy != "zone-offline":
                everything = mine + theirs + (pattern(4096, 3) if what == "append" else b"")
                same_bytes(content(fs.seq(number)), everything[:os.stat(fs.seq(number)).st_size], f"{policy}: {what}: content")
            if policy == "repair":
                equal(write_direct(fs.seq(number), pattern(4096, 4)), 4096, f"{policy}: {what}: and on it goes")
        log = fs.log()
        for word in ("Zone Invalid Write", "0x1bc", drive.path, "zone 1", f"LBA {drive.lba_of_seq(0, len(mine))}",
                     f"invalid size {len(mine)} (should be {len(mine) + len(theirs)})"):
            check(word in log, f"{policy}: the log does not name {word!r}: {log}")
        if policy == "remount-ro":
            refused("EROFS", write_direct, fs.seq(1), pattern(4096), 0)
            refused("EROFS", os.open, fs.seq(1), O_WRONLY)
            eventually(fs.read_only_in_mount_table, True)
            # What ended it can be mended by hand, without a new mount.
            succeeds("mount.zonecopyfs", drive.path, fs.path, "-o", "remount,rw")
            equal((file_state(fs, 0)[2], write_direct(fs.seq(1), pattern(4096), 0)), (0, 4096), "after remount,rw")
        fs = fs.again("")
        # The next mount sees what is there.
        equal(file_state(fs, 0)[1:], (0o640, 0), f"{policy}: next mount")
        equal(os.stat(fs.seq(0)).st_size, drive.seq_zone(0).written, f"{policy}: next mount")
        fs.unmount()


@section
def another_one_resets_or_finishes():
    drive = Namespace("free")
    fs = drive.mount("errors=repair", foreground=True)
    for number, action, pointer in ((0, ZONE_RESET, 0), (1, ZONE_FINISH, drive.capacity)):
        write_direct(fs.seq(number), pattern(8192))
        drive.foreign_zone_send(number, action)
        refused("EIO EFBIG", write_direct, fs.seq(number), pattern(4096), 8192)
        equal(file_state(fs, number), (pointer, 0o640, 0), f"zone management action {action}")
        os.truncate(fs.seq(number), 0)
        equal(write_direct(fs.seq(number), pattern(4096)), 4096, "and after a reset")


# --- the mount --------------------------------------------------------------------------------------------------------

@section
def report_and_status():
    drive = Namespace("free")
    report = succeeds("zonecopy", "report", drive.path)
    lines = report.out.splitlines()
    expected = f"{drive.path}: nvme, 128MiB, 4096-byte blocks, 8 zones of 16MiB (0 conventional), max open "
    check(lines[0].startswith(expected), f"expected {expected!r}, got {lines[0]!r}")
    equal(lines[1], "copy: offloaded by NVMe Copy; a command has at most 16 ranges of 1MiB, and 4MiB in all")
    told = json.loads(succeeds("zonecopy", "report", drive.path, "--json").out)
    equal((told["kind"], told["zone_count"], told["block_size_bytes"], told["zones"][1]["capacity_bytes"]),
          ("nvme", 8, 4096, 12 * MIB))
    fs = drive.mount()
    write_direct(fs.seq(2), pattern(4096))
    # On the mount point, and on the drive while it is mounted.
    for path in (fs.path, drive.path, drive.char):
        zones = zctest.report(path)
        equal((zones[0].condition, zones[3].condition, zones[3].written), ("full", "implicit-open", 4096), path)
    status = fs.status()
    equal((status["device"], status["device_kind"], status["copy_mechanism"], status["copy_unavailable"]),
          (drive.path, "nvme", "NVMe Copy", ""))
    equal(status["copy_limits"], {"max_ranges": 16, "max_range_bytes": MIB, "max_total_bytes": 4 * MIB})
    limited = Namespace("limited")
    check("max open 2, max active 4" in succeeds("zonecopy", "report", limited.path).out, "limits of open zones")


@section
def by_other_names():
    """A link, as udev makes them below /dev/disk, and the generic device are the same drive."""
    drive = Namespace("free")
    os.makedirs("/dev/disk/by-id", exist_ok=True)
    link = "/dev/disk/by-id/nvme-drive"
    if not os.path.islink(link):
        os.symlink(drive.path, link)
    for name in (link, drive.char):
        succeeds("mkfs.zonecopyfs", "-f", name)
        ended = run("zonecopy", "report", name, "--json")
        check(ended.status == 0 and json.loads(ended.out)["kind"] == "nvme", f"report {name}: {ended.status} {ended.err} {ended.out[:100]}")
        drive.path, path = name, drive.path
        fs = drive.mount()
        drive.path = path
        equal((fs.counter("device_kind"), fs.counter("copy_mechanism")), ("nvme", "NVMe Copy"), f"mount {name}")
        fs.unmount()


@section
def remounts():
    drive = Namespace("free")
    fs = drive.mount()
    write_direct(fs.seq(0), pattern(MIB))
    trace.mark()
    succeeds("mount.zonecopyfs", drive.path, fs.path, "-o", "remount,copy_max_bytes=128KiB,errors=repair")
    equal(copy_paths(fs.seq(0), fs.seq(1), MIB), MIB)
    equal(trace.count("pci_nvme_copy"), 8, "1 MiB in commands of 128 KiB")
    succeeds("mount.zonecopyfs", drive.path, fs.path, "-o", "remount,ro")
    refused("EROFS", os.open, fs.seq(0), O_WRONLY)
    succeeds("mount.zonecopyfs", drive.path, fs.path, "-o", "remount,rw")
    equal(write_direct(fs.seq(0), pattern(4096)), 4096)
    fs = fs.again("ro")
    trace.mark()
    same_bytes(content(fs.seq(0)), pattern(MIB) + pattern(4096), "seq/0")
    refused("EROFS", os.truncate, fs.seq(0), 0)
    fs.unmount()
    equal((trace.host_transfers()[1:], trace.count("pci_nvme_io_cmd", "MGMT_SEND")), ((0, 0), 0), "-o ro writes nothing")


@section
def in_use():
    drive = Namespace("free")
    fs = drive.mount()
    write_direct(fs.seq(0), pattern(4096))
    second = os.path.join(TMP, "second")
    os.makedirs(second, exist_ok=True)
    trace.mark()
    for path in (drive.path, drive.char):
        for options in ((), ("-o", "ro")):
            one_line(run("zonecopyfs", path, second, *options), 1, "busy", drive.path)
        for options in ((), ("-f",)):
            one_line(run("mkfs.zonecopyfs", *options, path), 1, "mounted" if path == drive.path else "in use", path)
    equal((trace.host_transfers()[1:], trace.count("pci_nvme_io_cmd", "MGMT_SEND")), ((0, 0), 0), "nothing was written or reset")
    same_bytes(content(fs.seq(0)), pattern(4096), "the mount goes on")
    # The kernel's own programs see the claim too.
    check(run("mkfs.ext4", "-q", "-F", drive.path).status != 0, "mkfs.ext4 took the drive")
    fs.unmount()
    # And the other way round: another program has the drive.
    with opened(drive.path, O_RDONLY | O_EXCL):
        one_line(run("zonecopyfs", drive.path, second), 1, "busy", drive.path)
        one_line(run("mkfs.zonecopyfs", "-f", drive.path), 1, drive.path)
    fs = Mount(drive, point=second)
    same_bytes(content(fs.seq(0)), pattern(4096), "free again")


@section
def wrong_devices():
    drive = Namespace("free")
    plain = namespace_path("plain")
    controller = re.sub(r"n\d+$", "", drive.path)
    equal(run("addpart", plain, "1", "2048", "4096").status, 0, "a partition")
    partition = plain + "p1"
    point = os.path.join(TMP, "wrong")
    os.makedirs(point, exist_ok=True)
    wrong = {"a conventional namespace": (plain, "zoned"), "its generic device": (Namespace.char_of(plain), "zoned"),
             "a partition": (partition, ""), "the controller": (controller, ""), "no device": ("/dev/nvme99n1", "No such file"),
             "another kind of device": ("/dev/null", "")}
    for what, (path, words) in wrong.items():
        for command in (("zonecopyfs", path, point), ("mkfs.zonecopyfs", "-f", path), ("zonecopy", "report", path)):
            # Of a generic device the block device may be named.
            ended = one_line(run(*command), 1, os.path.basename(path).removeprefix("ng"), words)
            check("internal" not in ended.err, f"{what}: {ended}")
    # Without a file system on it.
    drive.foreign_zone_send(-1, ZONE_RESET)
    one_line(run("zonecopyfs", drive.path, point), 1, drive.path, "mkfs.zonecopyfs")
    check(not os.path.ismount(point), "something was mounted")


@section
def users_without_rights():
    drive = Namespace("free")
    fs = drive.mount()
    os.chmod(TMP, 0o1777)
    point = "/tmp/their-own"
    os.makedirs(point, exist_ok=True)
    os.chown(point, 65534, 65534)

    def somebody():
        refused("EACCES", os.open, fs.seq(0), O_RDONLY)
        refused("EACCES", os.open, fs.seq(0), O_WRONLY)
        refused("EACCES", os.truncate, fs.seq(0), 0)
        one_line(run("zonecopyfs", drive.path, point), 1, drive.path)
        one_line(run("mkfs.zonecopyfs", "-f", drive.path), 1, drive.path)
        one_line(run("zonecopy", "report", drive.path), 1, os.path.basename(drive.char), "root")

    as_nobody(somebody)
    fs.unmount()
    as_nobody(lambda: one_line(run("zonecopyfs", drive.path, point), 1, drive.path, "root"))
    drive.format("-o", "uid=65534,perm=600")
    fs = drive.mount()
    as_nobody(lambda: equal(write_direct(fs.seq(0), pattern(4096)), 4096, "the owner"))


@section
def kill_dash_9():
    drive = Namespace("free")
    fs = drive.mount("copy=offload,copy_max_bytes=4KiB")
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    for moment in (0.02, 0.1, 0.3):
        board = mmap.mmap(-1, 4096)

        def copy():
            at = 0
            with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(1), O_RDWR) as fd_out:
                while at < drive.capacity:
                    at += copy_range(fd_in, fd_out, 64 * KIB, at, at)
                    struct.pack_into("<Q", board, 0, at)

        def write():
            at = 0
            with opened(fs.seq(2), O_WRONLY | O_DIRECT) as fd:
                while at < drive.capacity:
                    at += os.pwrite(fd, aligned(source[at:at + 64 * KIB]), at)
                    struct.pack_into("<Q", board, 8, at)

        users = [in_background(copy), in_background(write)]
        time.sleep(moment)
        fs.kill()
        for user in users:
            check(isinstance(user.result(), OSError), f"killed after {moment} s, and {user.value} was returned")
        must("umount", fs.path)
        fs = drive.mount("copy=offload,copy_max_bytes=4KiB", point=fs.path)
        for number, acknowledged in zip((1, 2), struct.unpack_from("<QQ", board)):
            data = content(fs.seq(number))
            what = f"killed after {moment} s: seq/{number}, {acknowledged} bytes acknowledged, {len(data)} found"
            check(len(data) >= acknowledged, what)
            equal(len(data), drive.seq_zone(number).written, what)
            same_bytes(data, source[:len(data)], what)
            os.truncate(fs.seq(number), 0)
    equal(copy_paths(fs.seq(0), fs.seq(1), 8192), 8192, "copies go on")


@section
def a_signal_ends_a_long_copy():
    drive = Namespace("free")
    # A command for each block: 3072 of them.
    fs = drive.mount("copy=offload,copy_max_bytes=4KiB")
    source = pattern(drive.capacity)
    write_direct(fs.seq(0), source)
    signal.signal(signal.SIGALRM, lambda number, frame: None)
    done = 0
    with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(1), O_RDWR) as fd_out:
        for seconds in (0.05, 0.02):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                count = copy_range(fd_in, fd_out, drive.capacity - done, done, done)
            except InterruptedError:
                count = 0
            check(count % 4096 == 0 and done + count < drive.capacity, f"interrupted after {seconds} s: {count} bytes")
            done += count
            equal((os.fstat(fd_out).st_size, drive.seq_zone(1).written), (done, done), "size and write pointer")
        check(done > 0, "no copy got anywhere")
        equal(copy_range(fd_in, fd_out, 16 * 4096, done, done), 16 * 4096, "it can be taken up")
    same_bytes(content(fs.seq(1)), source[:done + 16 * 4096], "seq/1")


run_sections()
