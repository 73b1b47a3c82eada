"""Zones full of live extents and garbage, for tests of `zonecopy compact`, and the rule by which a program finds an extent again
after a compaction was killed: where the map has a line for it, that copy counts, else its old place."""

import json
import os

from zctest import KIB, O_RDONLY, check, content, equal, opened, run, same_bytes, succeeds, write_direct

BLOCK = 4 * KIB


def block_of(seed, zone, block):
    """A block's contents, which no other block of the test has."""
    return f"{seed} {zone} {block}\n".encode().ljust(64, b".") * (BLOCK // 64)


class Extent:
    def __init__(self, zone, first, blocks):
        self.zone, self.first, self.blocks = zone, first, blocks
        self.offset, self.length = first * BLOCK, blocks * BLOCK

    def old(self):
        return (f"seq/{self.zone}", self.offset, self.length)

    def line(self):
        return f"seq/{self.zone} {self.offset} {self.length}\n"


class Zones:
    """Fills zones of a mount: each of `live`, {zone: [(first block, blocks)]}, holds `written` blocks, of which these are live."""
    def __init__(self, fs, live, seed=0, written=None, others=(), list_path=None):
        self.fs, self.seed = fs, seed
        self.blocks = written or fs.image.capacity // BLOCK
        self.extents = [Extent(zone, first, blocks) for zone, ranges in live.items() for first, blocks in ranges]
        self.victims, self.others = list(live), list(others)
        self.list_path = list_path or f"{fs.path}.live"
        self.map_path = f"{self.list_path}.map"
        self.plan_path = f"{self.map_path}.plan"
        for zone in self.victims + self.others:
            write_direct(fs.seq(zone), b"".join(block_of(seed, zone, block) for block in range(self.blocks)))
        self.write_list()

    def write_list(self):
        with open(self.list_path, "w", encoding="utf-8") as file:
            file.writelines(f"seq/{zone} 0 0\n" for zone in self.victims)
            file.writelines(extent.line() for extent in self.extents)

    def command(self, *options):
        return ["zonecopy", "compact", self.fs.path, "--live", self.list_path, *options]

    def compact(self, *options):
        return run(*self.command(*options))

    def expected(self, extent):
        return b"".join(block_of(self.seed, extent.zone, extent.first + i) for i in range(extent.blocks))

    def map(self):
        """{old: new}, (file, offset, length) each; empty where there is no map."""
        if not os.path.exists(self.map_path):
            return {}
        with open(self.map_path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        moved = {(line["old"]["file"], line["old"]["offset"], line["old"]["length"]):
                 (line["new"]["file"], line["new"]["offset"], line["old"]["length"]) for line in lines}
        equal(len(moved), len(lines), "no extent has two lines")
        return moved

    def read(self, place):
        name, offset, length = place
        with opened(self.fs / name, O_RDONLY) as fd:
            return os.pread(fd, length, offset)

    def check_nothing_lost(self, what):
        moved = self.map()
        for extent in self.extents:
            place = moved.get(extent.old(), extent.old())
            if self.read(place) != self.expected(extent):
                same_bytes(self.read(place), self.expected(extent), f"{what}: {extent.old()} at {place}")
        for zone in self.others:
            data = content(self.fs.seq(zone))
            equal(data == b"".join(block_of(self.seed, zone, block) for block in range(self.blocks)), True,
                  f"{what}: seq/{zone}, which is named nowhere, is untouched")

    def check_finished(self, what):
        """The end state, exactly."""
        self.check_nothing_lost(what)
        moved = self.map()
        dense = {zone for zone in self.victims if sum(e.blocks for e in self.extents if e.zone == zone) == self.blocks}
        equal(sorted(moved), sorted(e.old() for e in self.extents if e.zone not in dense), f"{what}: the extents in the map")
        ends = {}
        for name, offset, length in moved.values():
            ends[name] = max(ends.get(name, 0), offset + length)
        for number in range(self.fs.image.zone_count - self.fs.image.zone_of_seq(0)):
            size = os.stat(self.fs.seq(number)).st_size
            if f"seq/{number}" in ends:
                check(size in (ends[f"seq/{number}"], self.fs.image.capacity), f"{what}: seq/{number} has {size} bytes")
            elif number in dense or number in self.others:
                equal(size, self.blocks * BLOCK, f"{what}: seq/{number}")
            else:
                equal(size, 0, f"{what}: seq/{number} is empty")
        folder, name = os.path.split(self.list_path)
        left = sorted(entry for entry in os.listdir(folder) if entry.startswith(name))
        equal(left, [name, f"{name}.map"], f"{what}: files")

    def forget(self):
        """Everything empty again, for another try."""
        for number in range(self.fs.image.zone_count - self.fs.image.zone_of_seq(0)):
            os.truncate(self.fs.seq(number), 0)
        for path in (self.map_path, self.plan_path):
            if os.path.exists(path):
                os.unlink(path)


def random_live(randomly, zones, blocks):
    """{zone: [(first block, blocks)]}, from zones without live extents to zones that are full of them."""
    live = {}
    for zone in zones:
        density = randomly.choice((0, 0.1, 0.5, 0.5, 0.9, 1))
        ranges, block = [], 0
        while block < blocks and density > 0:
            length = min(randomly.randint(1, 6), blocks - block)
            if randomly.random() < density:
                ranges.append((block, length))
            block += length
        randomly.shuffle(ranges)
        live[zone] = ranges
    return live
