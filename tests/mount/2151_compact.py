#!/usr/bin/env python3
"""zonecopy compact: live extents are gathered, copied extents are told by a map, and victims are empty afterwards; nothing else is touched."""
from compacting import *
from zctest import *

image = Image(zones=12, capacity=MIB)
fs = image.mount()
live = {0: [(0, 1), (5, 2), (7, 1)], 3: [(250, 6), (0, 200)], 5: [], 6: [(0, 256)]}
zones = Zones(fs, live, others=[1, 9])

# The plan alone changes nothing.
sizes = lambda: [os.stat(fs.seq(number)).st_size for number in range(11)]
before = sizes()
dry = succeeds(*zones.command("--dry-run"))
equal(sizes(), before, "--dry-run")
equal(os.path.exists(zones.map_path), False, "--dry-run writes no map")
for words in ("empty seq/0: 16KiB of 1MiB live, 3 extents", "empty seq/5: 0 of 1MiB live, 0 extents", "fill seq/2 from 0 to 860160",
              "left alone: seq/6: there is no garbage in it", "3 zones to empty and 1 to fill"):
    check(words in dry.out, f"expected {words!r}: {dry.out}")
told = json.loads(succeeds(*zones.command("--dry-run", "--json")).out)
equal((told["dry_run"], told["bytes"], told["plan"]["bytes"], told["plan"]["victims"]), (True, 0, 860160, 3))
equal([victim["file"] for turn in told["plan"]["rounds"] for victim in turn["victims"]], ["seq/5", "seq/0", "seq/3"])

done = succeeds(*zones.command())
zones.check_finished("compacted")
check("reset 3 zones; the map is" in done.out, f"said so: {done.out}")
equal(zones.map()[("seq/0", 20480, 8192)], ("seq/2", 4096, 8192), "the order is that of the offsets")
with open(zones.map_path, encoding="utf-8") as file:
    line = json.loads(file.readline())
equal((line["round"], len(line["xxh3"])), (2, 16), "the zones without live extents were the first round")

# A map that is there is kept.
with unchanged(zones.map_path):
    one_line(zones.compact(), 1, "it exists", "--map")

# JSON in, JSON out, from standard input; zones are named by paths, and chosen.
zones.forget()
zones = Zones(fs, {0: [(1, 1)], 1: [], 2: [(0, 3)]})
lines = "".join(json.dumps({"file": fs / extent.old()[0], "offset": extent.offset, "length": extent.length}) + "\n" for extent in zones.extents)
command = ["zonecopy", "compact", fs.path, "--live", "-", "--json", "--map", zones.map_path, "--victim", "seq/1", "--destination", fs.seq(8)]
ended = run(*command, data=lines.encode())
told = json.loads(ended.out)
equal((ended.status, told["bytes"], told["errno"], told["not_reset"], told["resumed"]), (0, 4 * BLOCK, None, [], False), f"{ended}")
equal(sorted(told["reset"]), ["seq/0", "seq/1", "seq/2"])
equal(sum(told[f"bytes_{path}"] for path in COPY_PATHS), 4 * BLOCK)
zones.check_finished("from standard input")
equal({place[0] for place in zones.map().values()}, {"seq/8"}, "the chosen zone")

# An array, in a mount point with a blank and a newline in its name, and a list in a folder of such a name.
fs.unmount()
folder = os.path.join(TMP, "a folder\nof mine")
os.mkdir(folder)
point = os.path.join(folder, "mount")
os.mkdir(point)
fs = image.mount(point=point)
for number in range(11):
    os.truncate(fs.seq(number), 0)
zones = Zones(fs, {4: [(9, 9)]})
with open(zones.list_path, "w", encoding="utf-8") as file:
    json.dump([{"file": fs.seq(4), "offset": 9 * BLOCK, "length": 9 * BLOCK}], file)
ended = succeeds(*zones.command())
zones.check_finished("odd names")
check("\\x0a" in ended.out and "a folder\nof" not in ended.out, f"one line stays one line: {ended.out}")

# Nothing to win: nothing is written.
zones.forget()
zones = Zones(fs, {4: [(0, 256)]})
ended = succeeds(*zones.command())
check("there is no garbage in it" in ended.out, f"{ended}")
equal(os.path.exists(zones.map_path), False)
zones.check_nothing_lost("nothing to win")
