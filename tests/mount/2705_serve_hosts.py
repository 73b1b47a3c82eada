#!/usr/bin/env python3
"""Several hosts and images at once: who may connect, names that stay, copies from one namespace to another, connections
that break, and hosts that come again."""
import struct
import uuid

from nvme_host import *
from serving import *

images = [Image(formatted=False), Image(formatted=False, zones=6)]
zone_blocks = images[0].zone_size // BLOCK
friend, stranger = "nqn.2014-08.org.example:friend", "nqn.2014-08.org.example:stranger"
target = Target(*(image.path for image in images), "--host-nqn", friend)


def zone_states(queue, nsid, count=3):
    zones = queue.report(nsid)
    return [zones[64 * (z + 1) + 1] >> 4 for z in range(count)]


# Only who is on the list; the other is not even told that there is something.
try:
    Host(target.port, target.nqn, host=stranger)
    fail("a host that is not on the list was let in")
except Refused as refusal:
    equal((refusal.status, refusal.result), (0x184, 0x10200))
for host_nqn, records in ((friend, 2), (stranger, 1)):
    discovery = Queue(target.port)
    discovery.attach(DISCOVERY, host=host_nqn)
    discovery.set_property(0x14, 0x00460001)
    equal(struct.unpack_from("<Q", discovery.log(0x70, 4096), 8)[0], records, host_nqn)
    discovery.close()

# Two hosts with two queues each, on both namespaces.
first = Host(target.port, target.nqn, host=friend, host_id=uuid.UUID(int=1))
second = Host(target.port, target.nqn, host=friend, host_id=uuid.UUID(int=2))
queues = [host.io_queue(number, host=friend) for host in (first, second) for number in (1, 2)]
for number, queue in enumerate(queues):
    queue.io_append(1 + number % 2, 0, pattern(8 * KIB, number))
for number, queue in enumerate(queues):
    found = queue.io_read(1 + number % 2, 0, 4)
    check(pattern(8 * KIB, number) in (found[:8 * KIB], found[8 * KIB:]), f"what queue {number} has appended")

# Copy from one namespace to the other: format 2 names the source of each range.
ranges = struct.pack("<I4xQH14x", 1, 0, 1) + struct.pack("<I4xQH14x", 1, 3, 0)
queues[0].command(0x19, 2, (zone_blocks, 0, 1 | 2 << 8, 0, 0, 0), ranges)
source = queues[0].io_read(1, 0, 4)
same_bytes(queues[3].io_read(2, zone_blocks, 3), source[:8 * KIB] + source[12 * KIB:], "copied to the other namespace")

# The connection of one host breaks in the middle of a command: its zone is closed, and the other host goes on.
queues[0].manage(1, 2 * zone_blocks, 3)
equal(zone_states(queues[2], 1)[2], 3, "opened")
queues[0].submit(0x01, 1, (2 * zone_blocks, 0, 15, 0, 0, 0), b"x" * 64 * KIB, in_capsule=False)
first.close()
again = Host(target.port, target.nqn, host=friend, host_id=uuid.UUID(int=1))
check(again.controller != first.controller, "an identifier was given again at once")
equal(zone_states(again.io_queue(1, host=friend), 1)[2], 1, "closed, as nothing was written: it is empty again")
equal(len(queues[2].io_read(1, 0)), BLOCK, "the other host")
for host in (again, second):
    host.close()
equal(target.stop(), 0)

# The same names the next time, also for a file that has another name now; others for other devices.
nqn = target.nqn
os.rename(images[0].path, images[0].path + ".moved")
images[0].path += ".moved"
target = Target(*(image.path for image in images))
equal(target.nqn, nqn, "the name after a rename")
with Host(target.port, target.nqn) as host:
    first_names = host.admin.identify(3, 1)[:48]
equal(target.stop(), 0)
shutil.copyfile(images[0].path, images[0].path + ".copy")
target = Target(images[0].path, images[0].path + ".copy", "--nqn", "nqn.2014-08.org.example:disks", "--read-only")
equal(target.nqn, "nqn.2014-08.org.example:disks")
with Host(target.port, target.nqn) as host:
    equal(host.admin.identify(3, 1)[:48], first_names, "the identifiers of the first")
    check(host.admin.identify(3, 2)[:48] != first_names, "a copy of an image has the same identifiers")
    try:
        host.io_queue().io_append(1, 0, b"x" * BLOCK)
        fail("a namespace that is served for reading was written")
    except Refused as refusal:
        equal(refusal.status, 0x20, "Namespace is Write Protected")
equal(target.stop(), 0)
