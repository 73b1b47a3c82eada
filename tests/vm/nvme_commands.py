"""Commands to a zoned namespace by nvme-cli, the statuses that come back, and zone reports as other programs read them."""
from vmtest import *

SUCCESS = 0x000
INVALID_OPCODE, INVALID_FIELD, LBA_OUT_OF_RANGE = 0x001, 0x002, 0x080
COMMAND_SIZE_LIMIT_EXCEEDED = 0x183
ZONE_BOUNDARY_ERROR, ZONE_FULL, ZONE_READ_ONLY, ZONE_OFFLINE, ZONE_INVALID_WRITE = 0x1b8, 0x1b9, 0x1ba, 0x1bb, 0x1bc
TOO_MANY_ACTIVE, TOO_MANY_OPEN, INVALID_TRANSITION = 0x1bd, 0x1be, 0x1bf

STATUS = 0x7ff  # Status Code Type and Status Code, without More and Do Not Retry


def told_status(ended):
    """The NVMe status that nvme-cli printed."""
    if ended.status == 0:
        return SUCCESS
    found = re.search(r"\((0x[0-9a-f]+)\)", ended.out + ended.err)
    return int(found.group(1), 16) & STATUS if found else str(ended)


def zns(disk, what, zone, *options):
    """`nvme zns WHAT`, for example "open-zone"; its status."""
    return told_status(run("nvme", "zns", what, disk.char, f"--start-lba={lba(disk, zone)}", *options))


def append(disk, zone, data):
    """The LBA that `nvme zns zone-append` says it wrote to, or the status."""
    ended = run("nvme", "zns", "zone-append", disk.char, f"--zslba={lba(disk, zone)}", f"--data-size={len(data)}",
                f"--data={file_with('appended', data)}")
    found = re.search(r"to LBA ([0-9a-f]+)", ended.out)
    return int(found.group(1), 16) if found else told_status(ended)


def copy(disk, destination, *ranges, descriptor_format=0):
    """Status of `nvme copy`; ranges are (LBA, blocks)."""
    return told_status(run("nvme", "copy", disk.char, f"--sdlba={destination}", f"--format={descriptor_format}",
                           "--slbs=" + ",".join(str(source) for source, _ in ranges),
                           "--blocks=" + ",".join(str(blocks - 1) for _, blocks in ranges)))


def lba(disk, zone, block=0):
    return zone * disk.zone_size // disk.block + block


# --- zones ------------------------------------------------------------------------------------------------------------

STATES = {"EMPTY": "empty", "IMP_OPENED": "implicit-open", "EXP_OPENED": "explicit-open", "CLOSED": "closed", "READONLY": "read-only",
          "FULL": "full", "OFFLINE": "offline"}
HAVE_WRITE_POINTER = ("empty", "implicit-open", "explicit-open", "closed")


def facts(zones):
    """(start, capacity, condition, written bytes) of each zone, of those that report() and ZonedDisk.report() tell."""
    return [(zone.start, zone.capacity, zone.condition, zone.written) for zone in zones]


def _fact(start, capacity, condition, written):
    return start, capacity, condition, {"full": capacity}.get(condition, written if condition in HAVE_WRITE_POINTER else None)


def facts_by_nvme_cli(disk):
    """As facts(), by the command itself."""
    told = json.loads(must("nvme", "zns", "report-zones", disk.char, "-o", "json").out)
    return [_fact(zone["slba"] * disk.block, zone["cap"] * disk.block, STATES[zone["state"]], (zone["wp"] - zone["slba"]) * disk.block)
            for zone in told["zone_list"]]


def facts_by_blkzone(disk):
    """As facts(), by the kernel's word for zones of block devices."""
    found = []
    for line in must("blkzone", "report", disk.path).out.splitlines():
        start, capacity, pointer = (512 * int(re.search(rf"{name}:? (0x[0-9a-f]+)", line).group(1), 16) for name in ("start", "cap", "wptr"))
        found.append(_fact(start, capacity, CONDITIONS[int(re.search(r"zcond: *(\d+)", line).group(1))], pointer))
    return found


def identify_namespace(disk):
    return json.loads(must("nvme", "id-ns", disk.char, "-o", "json").out)


def identify_zoned(disk):
    return json.loads(must("nvme", "zns", "id-ns", disk.char, "-o", "json").out)
