#!/usr/bin/env python3
"""zonecopy serve: an image as a zoned namespace with Copy, for a host that speaks NVMe/TCP."""

from nvme_host import *
from serving import *

image = Image(formatted=False, max_open=3, max_active=5)
zone_blocks = image.zone_size // BLOCK
target = Target(image.path)
check(target.nqn.startswith("nqn.2014-08.org.nvmexpress:uuid:"), target.nqn)

with Host(target.port, target.nqn) as host:
    admin, io = host.admin, host.io_queue()

    # What a host finds.
    controller = admin.identify(1)
    equal(struct.unpack_from("<H", controller, 78)[0], host.controller, "CNTLID")
    equal(controller[768:].split(b"\0")[0].decode(), target.nqn, "SUBNQN")
    check(struct.unpack_from("<H", controller, 520)[0] & 1 << 8, "ONCS has Copy")
    equal(struct.unpack_from("<II", admin.identify(2)), (1, 0), "the namespaces")
    equal(admin.identify(3, 1)[40:45], bytes([4, 1, 0, 0, 2]), "the namespace is zoned")
    equal(struct.unpack_from("<Q", admin.identify(0, 1))[0], image.zone_count * zone_blocks, "NSZE")
    zoned = admin.identify(5, 1, 2)
    equal(struct.unpack_from("<II", zoned, 4), (4, 2), "MAR, MOR")
    equal(struct.unpack_from("<Q", zoned, 2816)[0], zone_blocks, "ZSZE")
    effects = struct.unpack("<1024I", admin.log(5, 4096, command_set=2))
    equal([effects[256 + opcode] for opcode in (0x01, 0x02, 0x19, 0x79, 0x7A, 0x7D)], [3, 1, 3, 3, 1, 3], "the effects log")

    # Data in the capsule, data that is asked for, and data that comes back.
    data = pattern(64 * KIB)
    io.io_write(1, 0, data[:8 * KIB])
    io.io_write(1, 2, data[8 * KIB:], in_capsule=False)
    same_bytes(io.io_read(1, 0, 16), data, "what was written")
    equal(io.io_append(1, 0, data[:4 * KIB]), 16, "where Zone Append has written")
    equal(io.copy(1, zone_blocks, [(0, 1), (4, 8), (1, 1)]), 0)
    same_bytes(io.io_read(1, zone_blocks, 10), data[:4 * KIB] + data[16 * KIB:48 * KIB] + data[4 * KIB:8 * KIB], "the copy")
    io.flush()
    zones = io.report(1)
    equal([(zones[64 * (z + 1) + 1] >> 4, struct.unpack_from("<Q", zones, 64 * (z + 1) + 24)[0]) for z in range(3)],
          [(2, 17), (2, zone_blocks + 10), (1, 2 * zone_blocks)], "zone states and write pointers")
    try:
        io.io_write(1, 3, data[:4 * KIB])
        fail("a write beside the write pointer was taken")
    except Refused as refusal:
        equal(refusal.status, 0x1BC, "Zone Invalid Write")

    # The same counts for a host and for the operator.
    told = target.statistics()
    counts = struct.unpack("<64Q", admin.log(0xC0, 512))
    equal(counts[0], 1, "the version of the log")
    for name in ("writes", "reads", "appends", "copies", "copy_ranges", "flushes", "zone_receives"):
        equal(counts[1 + list(told).index(name)], told[name], name)
    equal([told[name] for name in ("writes", "reads", "appends", "copies", "copy_ranges")], [2, 2, 1, 1, 3])

equal(target.stop(), 0)
equal(image.report()[0].written, 17 * BLOCK, "after the end")
