#!/usr/bin/env python3
"""mkfs.zonecopyfs --concat: one file system on images in a row, each of which knows its place."""
from zctest import *

UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"
RECORD = 4096  # where it stands


def plain(path, *options):
    must("mkfs.zonecopyfs", "-f", *options, path)


def zone_0(image, length=2 * 4096):
    """The first bytes of the device in the image, whose data begins where its zone 0 is."""
    with open(image.path, "rb") as file:
        whole = file.read()
    at = whole.find(b"zcmember")
    return None if at < 0 else whole[at - RECORD:at - RECORD + length]


first, second, third = Image(zones=4, formatted=False), Image(zones=5, formatted=False), Image(zones=4, formatted=False)
formatted = must("mkfs.zonecopyfs", "--uuid", UUID, "-L", "row", "--concat", first.path, second.path)
check(f"{first.path}+{second.path}" in formatted.out and "linear device" in formatted.out, formatted.out)
equal(zone_0(first)[:4], b"SFOZ", "the super block is on the first")
equal(zone_0(second)[:RECORD], bytes(RECORD), "and not on the second")
for place, image in enumerate((first, second)):
    record = zone_0(image)[RECORD:]
    equal(record[16:32], bytes(range(16)), "the set is known by the UUID of the file system")
    equal(struct.unpack_from("<II", record, 32), (place, 2), "place, and number of devices")
equal([(zone.condition) for zone in report(second.path)], ["full"] + ["empty"] * 4, "zones of the second")

told = json.loads(must("zonecopy", "report", "--json", "--concat", first.path, second.path).out)
equal((told["kind"], told["zone_count"]), ("linear", 4 + 4), "all zones but those that hold records")
equal([(piece["device"], piece["first_zone"], piece["zone_count"], piece["first_zone_below"]) for piece in told["pieces"]],
      [(first.path, 0, 4, 0), (second.path, 4, 4, 1)])
check(f"zones 4 to 7: on {second.path} from its zone 1 on" in must("zonecopy", "report", "--concat", first.path, second.path).out, "pieces")
one_line(run("zonecopy", "report", first.path, second.path), 1, "--concat")
one_line(run("zonecopy", "report", "--concat", first.path), 1, "at least two")

# By itself the first is a file system of its zones: the same files, as far as it has them.
fs = first.mount()
equal(len(os.listdir(fs / "seq")), 3)
fs.unmount()

# What is refused changes nothing.
with unchanged(first.path, second.path, third.path):
    one_line(run("mkfs.zonecopyfs", "--concat", third.path), 1, "at least two")
    one_line(run("mkfs.zonecopyfs", "--concat", third.path, third.path), 1, "given twice")
    one_line(run("mkfs.zonecopyfs", "--concat", third.path, first.path), 1, first.path, "existing filesystem", "-f")
    one_line(run("mkfs.zonecopyfs", "--concat", first.path, third.path), 1, first.path, "existing filesystem", "-f")
    one_line(run("mkfs.zonecopyfs", "--concat", third.path, TMP + "/no"), 1, "/no")
    big = Image(zones=4, zone_size=8 * MIB, formatted=False)
    one_line(run("mkfs.zonecopyfs", "-f", "--concat", third.path, big.path), 1, big.path, "zones of 8388608 bytes")
    one_line(run("mkfs.zonecopyfs", first.path, second.path), 1, "--concat")
# Each device of a row holds a part of its file system, the one without a super block too.
fourth = Image(zones=4, formatted=False)
plain(third.path)
with unchanged(first.path, second.path, third.path, fourth.path):
    one_line(run("mkfs.zonecopyfs", second.path), 1, second.path, "existing filesystem", "-f")
    one_line(run("mkfs.zonecopyfs", "--concat", fourth.path, second.path), 1, second.path, "existing filesystem", "-f")
    one_line(run("mkfs.zonecopyfs", "--concat", second.path, fourth.path), 1, second.path, "existing filesystem", "-f")
    for options in ((), ("--resume",)):
        one_line(run("zonecopy", "clone", first.path, second.path, *options), 1, second.path, "existing filesystem", "--force")
        one_line(run("zonecopy", "clone", third.path, second.path, *options), 1, second.path, "existing filesystem", "--force")
fs = third.mount()
with unchanged(first.path, second.path):
    one_line(run("mkfs.zonecopyfs", "-f", "--concat", first.path, third.path), 1, third.path, "mounted at")
fs.unmount()

# Again, in another order and with a third.
must("mkfs.zonecopyfs", "-f", "--concat", second.path, third.path, first.path)
for place, image in enumerate((second, third, first)):
    equal(struct.unpack_from("<II", zone_0(image)[RECORD:], 32), (place, 3))
must("zonecopy", "format", "--concat", first.path, second.path, "-f")
equal([struct.unpack_from("<II", zone_0(image)[RECORD:], 32) for image in (first, second)], [(0, 2), (1, 2)], "zonecopy format does the same")
one_line(run("zonecopy", "format", first.path, second.path), 1, "--concat")
one_line(run("zonecopy", "format", "--concat", first.path), 1, "at least two")

# A first device that was formatted by itself since is of the row no more, though no reset has emptied its zone 0.
point = os.path.join(TMP, "row")
os.mkdir(point)
first, second = Image(zones=4, conventional=1, formatted=False), Image(zones=4, formatted=False)
must("mkfs.zonecopyfs", "--concat", first.path, second.path)
at = content(first.path).find(b"zcmember")
record = content(first.path)[at:at + 4096]
plain(first.path)
equal(zone_0(first), None, "mkfs.zonecopyfs erases the record")
one_line(run("zonecopyfs", "--concat", first.path, second.path, point), 1, first.path, "it is of no set")
with opened(first.path, os.O_WRONLY) as fd:
    os.pwrite(fd, record, at)  # as mkzonefs leaves it
one_line(run("zonecopyfs", "--concat", first.path, second.path, point), 1, first.path, "formatted by itself")
must("mkfs.zonecopyfs", "-f", "--concat", first.path, second.path)
must("zonecopy", "clone", "--force", Image(zones=4, conventional=1).path, first.path)
equal(zone_0(first), None, "a clone erases it too")
