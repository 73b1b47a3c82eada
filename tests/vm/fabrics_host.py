"""Linux's own NVMe/TCP host on `zonecopy serve`: images, and QEMU's drive, as the ZNS drives with Copy that they are there."""
from vmtest import *
from kernel_host import *
from nvme_commands import *
from our_target import *

COPY_LIMITS = ("--mssrl", 64, "--mcl", 256, "--msrc", 16)


# --- what a host sees -------------------------------------------------------------------------------------------------

@section
def discovery():
    OurTarget(small_image().path)
    records = discovered(PORT)
    equal([(record["subnqn"], record["trtype"], record["traddr"], record["trsvcid"]) for record in records
           if record["subtype"] == "nvme subsystem"], [(NQN, "tcp", "127.0.0.1", str(PORT))])
    refused_connection("nqn.2026-11.org.example:another", PORT)


@section
def zones_are_the_same_by_every_way_to_ask():
    images = [small_image(), small_image(zones=10, zone_size=2 * MIB, capacity=None, block=512, max_open=0, max_active=0)]
    target, host = served(*(image.path for image in images))
    disks = [host.namespace(nsid, formatted=False) for nsid in (1, 2)]
    for disk, image, limits in zip(disks, images, ([3, 5], [0xffffffff] * 2)):
        equal((disk.queue_limit("zoned"), disk.block, disk.zones, disk.zone_size, disk.capacity),
              ("host-managed", image.block, image.zone_count, image.zone_size, image.capacity), image.path)
        equal([identify_zoned(disk)[name] & 0xffffffff for name in ("mor", "mar")], limits, f"{image.path}: most open and most active zones, minus 1")
        # Of every condition that a zone can have by what hosts do.
        write_direct(disk.path, pattern(8 * KIB), disk.zone_size)
        write_direct(disk.path, pattern(disk.capacity, 2), 2 * disk.zone_size)
        write_direct(disk.path, pattern(8 * KIB, 3), 4 * disk.zone_size)
        for what, zone in (("open-zone", 3), ("close-zone", 4), ("finish-zone", 5)):
            equal(zns(disk, what, zone), SUCCESS, f"{what} {zone}")
        seen = facts(disk.report())
        equal([condition for _, _, condition, _ in seen[:7]],
              ["empty", "implicit-open", "full", "explicit-open", "closed", "full", "empty"], image.path)
        equal(facts_by_nvme_cli(disk), seen, "nvme zns report-zones")
        equal(facts_by_blkzone(disk), seen, "blkzone report")
        equal(facts(report(disk.path)), seen, "zonecopy report")
    host.disconnect()
    target.stop()
    for disk, image in zip(disks, images):
        # A controller that has gone leaves no zone open; one that nothing was written to is empty again.
        equal([condition for _, _, condition, _ in facts(image.report())[:7]],
              ["empty", "closed", "full", "empty", "closed", "full", "empty"], f"{image.path} afterwards")


@section
def digests():
    for options in (("--hdr-digest",), ("--data-digest",), ("--hdr-digest", "--data-digest")):
        target, host = served(small_image().path, host=options)
        disk = host.namespace(formatted=False)
        data = pattern(MIB)
        write_direct(disk.path, data, disk.zone_size)
        with opened(disk.path, O_RDONLY | O_DIRECT) as fd:
            same_bytes(read_direct(fd, MIB, disk.zone_size), data, str(options))
        equal(disk.copy_command(lba(disk, 2), [(lba(disk, 1), 16)]), (SUCCESS, 0), str(options))
        host.disconnect()
        target.stop()


# --- commands ---------------------------------------------------------------------------------------------------------

@section
def zone_management_and_append():
    _, host = served(small_image().path)
    disk = host.namespace(formatted=False)

    def condition(zone):
        return disk.report()[zone].condition

    for what, status, then in (("open-zone", SUCCESS, "explicit-open"), ("close-zone", SUCCESS, "empty"),
                               ("finish-zone", SUCCESS, "full"), ("close-zone", INVALID_TRANSITION, "full"),
                               ("open-zone", INVALID_TRANSITION, "full"), ("finish-zone", SUCCESS, "full"),
                               ("reset-zone", SUCCESS, "empty"), ("close-zone", INVALID_TRANSITION, "empty")):
        equal(zns(disk, what, 3), status, what)
        equal(condition(3), then, what)
    data = [pattern(8 * KIB, seed) for seed in range(3)]
    equal([append(disk, 3, part) for part in data], [lba(disk, 3, 2 * block) for block in range(3)], "appends")
    with opened(disk.path, O_RDONLY | O_DIRECT) as fd:
        same_bytes(read_direct(fd, 24 * KIB, 3 * disk.zone_size), b"".join(data), "what was appended")
    equal(zns(disk, "reset-zone", 3), SUCCESS)
    equal([zns(disk, "open-zone", zone) for zone in range(3, 8)], [SUCCESS] * 4 + [TOO_MANY_OPEN])
    equal(zns(disk, "open-zone", 99), LBA_OUT_OF_RANGE)
    equal(told_status(run("nvme", "zns", "reset-zone", disk.char, "--start-lba=0", "--select-all")), SUCCESS)
    equal({condition for _, _, condition, _ in facts(disk.report())}, {"empty"})
    # Writes away from the write pointer, and over the capacity.
    write_direct(disk.path, pattern(760 * disk.block), 3 * disk.zone_size)
    equal([disk.passthrough(NVME_WRITE, lba(disk, 3, place), blocks, aligned(blocks * disk.block)) & STATUS
           for place, blocks in ((761, 1), (0, 1), (760, 9), (760, 8), (767, 1))],
          [ZONE_INVALID_WRITE, ZONE_INVALID_WRITE, ZONE_BOUNDARY_ERROR, SUCCESS, ZONE_FULL])
    equal(disk.passthrough(0x55, 0) & STATUS, INVALID_OPCODE)


def backwards(data):
    """Its parts of 64 KiB in the opposite order."""
    return b"".join(data[place:place + 64 * KIB] for place in reversed(range(0, len(data), 64 * KIB)))


@section
def copies_and_their_errors():
    _, host = served(small_image().path, options=COPY_LIMITS)
    disk = host.namespace(formatted=False)
    told = identify_namespace(disk)
    equal([told[name] for name in ("mssrl", "mcl", "msrc")], [64, 256, 15])
    data = pattern(MIB)
    write_direct(disk.path, data, disk.zone_size)
    write_direct(disk.path, pattern(disk.capacity, 2), 4 * disk.zone_size)
    write_direct(disk.path, pattern(760 * disk.block, 3), 5 * disk.zone_size)

    # As many ranges as there may be, in another order than they lie in.
    parts = [(lba(disk, 1, 16 * part), 16) for part in reversed(range(16))]
    equal(copy(disk, lba(disk, 2), *parts), SUCCESS, "16 ranges")
    with opened(disk.path, O_RDONLY | O_DIRECT) as fd:
        same_bytes(read_direct(fd, MIB, 2 * disk.zone_size), backwards(data), "what was copied")

    source, end = lba(disk, 1), lba(disk, disk.zones)
    for what, destination, ranges, status in (
            ("17 ranges", lba(disk, 3), [(source, 1)] * 17, COMMAND_SIZE_LIMIT_EXCEEDED),
            ("a range longer than MSSRL", lba(disk, 3), [(source, 65)], COMMAND_SIZE_LIMIT_EXCEEDED),
            ("ranges longer than MCL", lba(disk, 3), [(source, 64)] * 4 + [(source, 1)], COMMAND_SIZE_LIMIT_EXCEEDED),
            ("a source behind the end", lba(disk, 3), [(source, 1), (end, 1)], LBA_OUT_OF_RANGE),
            ("a source over the end", lba(disk, 3), [(end - 1, 2)], LBA_OUT_OF_RANGE),
            ("a destination behind the end", end, [(source, 1)], LBA_OUT_OF_RANGE),
            ("a destination that is not the write pointer", lba(disk, 3, 1), [(source, 1)], ZONE_INVALID_WRITE),
            ("a destination behind the write pointer", lba(disk, 2, 300), [(source, 1)], ZONE_INVALID_WRITE),
            ("a destination over the capacity", lba(disk, 5, 760), [(source, 9)], ZONE_BOUNDARY_ERROR),
            ("a destination that is full", lba(disk, 4), [(source, 1)], ZONE_FULL)):
        before = facts(disk.report())
        equal(copy(disk, destination, *ranges), status, what)
        equal(facts(disk.report()), before, f"{what}: nothing was changed")
    equal(copy(disk, lba(disk, 3), (source, 1), descriptor_format=1), INVALID_FIELD, "descriptors of format 1")
    equal(copy(disk, lba(disk, 3), (source, 1)), SUCCESS, "after all of these")


@section
def the_range_that_failed():
    # The drive's second namespace has a sector that cannot be read: in zone 1, block 40.
    media = Namespace("copying", 2, formatted=False)
    good = Namespace("copying", formatted=False)
    must("blkzone", "reset", media.path)
    must("blkzone", "reset", good.path)
    _, host = served(media.path, good.path)
    disk, copying = (host.namespace(nsid, formatted=False) for nsid in (1, 2))
    write_direct(disk.path, pattern(64 * disk.block), disk.zone_size)
    source = lba(disk, 1)
    status, failed_range = disk.copy_command(lba(disk, 2), [(source, 16), (source + 16, 16), (source + 32, 16), (source + 48, 16)])
    equal((status & STATUS, failed_range), (0x281, 2), "Unrecovered Read Error, and the range")
    equal(disk.report()[2].written, 32 * disk.block, "what was copied before it")
    # What the kernel's host asks of the target, the target asks of the drive.
    data = pattern(256 * copying.block)
    write_direct(copying.path, data, copying.zone_size)
    trace.mark()
    equal(copying.copy_command(lba(copying, 2), [(lba(copying, 1, 16 * part), 16) for part in reversed(range(16))]), (SUCCESS, 0))
    equal((trace.copied(), trace.host_transfers()), ([[16] * 16], (0, 0, 0)), "what the drive was sent")
    with opened(copying.path, O_RDONLY | O_DIRECT) as fd:
        same_bytes(read_direct(fd, len(data), 2 * copying.zone_size), backwards(data), "what was copied")


# --- hosts that come in, and connections that break -------------------------------------------------------------------

@section
def who_may_come_in():
    image = small_image()
    OurTarget(image.path, options=("--host-nqn", "nqn.2026-11.org.example:somebody-else"))
    refused_connection(NQN, PORT)
    stop_targets()
    OurTarget(image.path, options=("--host-nqn", "nqn.2026-11.org.example:somebody-else", "--host-nqn", HOST_NQN))
    KernelHost(NQN, PORT).namespace(formatted=False)


@section
def secrets():
    def made(nqn, hmac):
        return must("nvme", "gen-dhchap-key", "--nqn", nqn, "--hmac", hmac, "--key-length", 32 if hmac < 2 else 48).out.strip()
    host, other, controller_key = made(HOST_NQN, 1), made(HOST_NQN, 0), made(NQN, 2)
    path = file_with("secrets", f"{HOST_NQN} {host}\n{NQN} {controller_key}\n".encode())
    os.chmod(path, 0o600)
    OurTarget(small_image().path, options=("--secret", path))
    refused_connection(NQN, PORT)
    refused_connection(NQN, PORT, "--dhchap-secret", other)
    refused_connection(NQN, PORT, "--dhchap-secret", host, "--dhchap-ctrl-secret", other)
    for proof in ((), ("--dhchap-ctrl-secret", controller_key)):
        connection = KernelHost(NQN, PORT, "--dhchap-secret", host, *proof)
        disk = connection.namespace(formatted=False)
        write_direct(disk.path, pattern(MIB), disk.zone_size if proof else 2 * disk.zone_size)
        connection.disconnect()


run_sections()
