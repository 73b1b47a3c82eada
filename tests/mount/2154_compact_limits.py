#!/usr/bin/env python3
"""Compactions where something is scarce: empty zones, active and open zones, room for the plan and the map; and the pace of one."""
from compacting import *
from zctest import *

CAPACITY = 256 * KIB
BLOCKS = CAPACITY // BLOCK


def sizes(fs):
    return [os.stat(fs.seq(number)).st_size for number in range(fs.image.zone_count - 1)]


# No zone is empty: refused, unless one without live extents is among the victims.
image = Image(zones=6, zone_size=CAPACITY)
fs = image.mount()
zones = Zones(fs, {0: [(0, 30)], 1: [(0, 60)], 2: [(3, 60)]}, others=[3, 4])
before = sizes(fs)
one_line(zones.compact(), 1, "do not fit", "a zone has to be empty")
equal((sizes(fs), os.path.exists(zones.plan_path)), (before, False), "nothing is touched")
one_line(zones.compact("--victim", "seq/3", "--destination", "seq/3"), 1, "--destination seq/3: it is not empty")
zones.others = [4]
succeeds(*zones.command("--victim", "seq/3"))
zones.check_nothing_lost("the dead zone gave room")
equal(sum(size == 0 for size in sizes(fs)), 1, "three zones went into three, and a fourth is empty")
zones.forget()

# Many victims, one empty zone: round after round.
zones = Zones(fs, {number: [(number, 50)] for number in range(4)})
told = json.loads(succeeds(*zones.command("--json")).out)
check(len(told["plan"]["rounds"]) > 1, "in rounds")
zones.check_finished("rounds")
fs.unmount()

# Active zones: those that others have are counted, zones are finished where another could not be active, and it is said if none can.
image = Image(zones=12, zone_size=CAPACITY, max_active=2, max_open=2)
fs = image.mount()
zones = Zones(fs, {number: [(0, 40)] for number in range(4)})
write_direct(fs.seq(10), pattern(BLOCK))
told = json.loads(succeeds(*zones.command("--json")).out)
equal([place["finish"] for place in told["plan"]["rounds"][0]["destinations"]], [True, True, True, False])
zones.others = []
zones.check_nothing_lost("active zones")
equal(fs.accounting(), (0, 2), "open and active")
os.truncate(fs.seq(10), 0)
zones.forget()
zones = Zones(fs, {number: [(0, 40)] for number in range(4)})
for number in (9, 10):
    write_direct(fs.seq(number), pattern(BLOCK))
one_line(zones.compact(), 1, "all 2 zones that can be active are")
for number in (9, 10):
    os.truncate(fs.seq(number), 0)
with opened(fs.seq(9), O_WRONLY), opened(fs.seq(10), O_WRONLY):
    one_line(zones.compact(), 1, "all 2 zones that can be open for writing are")
succeeds(*zones.command())
zones.check_finished("nobody else has them open")
zones.forget()
fs.unmount()

# A disk that is full for the plan, then for the map; one that is read-only.
image = Image(zones=6, zone_size=16 * MIB)
fs = image.mount()
zones = Zones(fs, {0: [(first, 1) for first in range(0, 2000, 2)]})
disk = small_file_system(4 * MIB)
zones.map_path = f"{disk}/map"
zones.plan_path = f"{disk}/map.plan"


def fill_but(left_bytes):
    """Leaves so much room on the small disk, about."""
    facts = os.statvfs(disk)
    with open(f"{disk}/filler", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(0, facts.f_bavail * facts.f_bsize - left_bytes) + 1)


before = sizes(fs)
fill_but(16 * KIB)
one_line(zones.compact("--map", zones.map_path), 1, "No space left", "map.plan")
equal((sizes(fs), sorted(os.listdir(disk))), (before, ["filler", "lost+found"]), "nothing is touched")
os.unlink(f"{disk}/filler")
fill_but(100 * KIB)  # the plan has some 50 KiB, the map twice as much
one_line(zones.compact("--map", zones.map_path), 1, "No space left", "map")
check(os.path.exists(zones.plan_path) and not os.path.exists(zones.map_path), "the plan stays")
equal(sizes(fs)[0], before[0], "the victim is not reset")
zones.check_nothing_lost("no room for the map")
os.unlink(f"{disk}/filler")
succeeds(*zones.command("--map", zones.map_path))
zones.check_nothing_lost("room for the map")
equal((sizes(fs)[0], os.path.exists(zones.plan_path)), (0, False))
os.unlink(zones.map_path)
must("mount", "-o", "remount,ro", disk)
zones.forget()
zones = Zones(fs, {0: [(first, 1) for first in range(0, 2000, 2)]})
before = sizes(fs)
one_line(zones.compact("--map", f"{disk}/map"), 1, "Read-only file system")
equal(sizes(fs), before, "nothing is touched")

# In the background, and with a limit on the rate.
succeeds(*zones.command("--background", "--limit-rate", "64M"))
zones.check_finished("slowly")
fs.unmount()

fs = image.mount("copy=emulate")
for number in range(5):
    os.truncate(fs.seq(number), 0)
zones = Zones(fs, {0: [(0, 2000)]}, seed=9)

# Asked how far it is while it waits for its list, which it has opened: it goes on.
pipe = os.path.join(TMP, "list.pipe")
os.mkfifo(pipe)
process = subprocess.Popen(["zonecopy", "compact", fs.path, "--live", pipe, "--map", zones.map_path, "--dry-run"], stdout=subprocess.PIPE)
with open(pipe, "wb") as file:  # waits for the other end
    process.send_signal(signal.SIGUSR1)
    file.write(content(zones.list_path))
check(b"1 zones to empty" in process.communicate()[0], "the plan")
equal(process.returncode, 0, "SIGUSR1 does not end it")

# Interrupted while it copies.
process = subprocess.Popen(zones.command("--limit-rate", "64K"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
eventually(lambda: os.stat(fs.seq(1)).st_size > 0, True, "it has begun to copy")
process.send_signal(signal.SIGINT)
out, err = process.communicate()
equal(process.returncode, -signal.SIGINT, "it ends by the signal")
equal(err.decode(), "zonecopy: compact: interrupted; the same command finishes what was begun\n")
equal((os.path.exists(zones.plan_path), os.path.exists(zones.map_path)), (True, False))
succeeds(*zones.command())
zones.check_finished("interrupted")
fs.unmount()
