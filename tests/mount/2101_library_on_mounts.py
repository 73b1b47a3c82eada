#!/usr/bin/env python3
"""The library on a mount: what its report says is what the mount counted and what the files hold."""
from gather_library import *

BLOCK = 4096


def counted(mount, action):
    """What `action` returns, and what the mount's counters say that it copied."""
    before = [mount.counter(f"bytes_{path}") for path in COPY_PATHS]
    result = action()
    after = [mount.counter(f"bytes_{path}") for path in COPY_PATHS]
    return result, dict(zip(COPY_PATHS, [new - old for old, new in zip(before, after)]))


for place in places():
    shares = shares_extents(place)
    fs = Image(zones=16, zone_size=8 * MIB, conventional=3, directory=place).mount("tail=pad")
    victims = [pattern(3 * MIB, seed) for seed in range(3)]
    for number, data in enumerate(victims):
        write_direct(fs.seq(number), data)

    # Scattered blocks of three files, some of them neighbours, go in their order to a fresh zone.
    chosen = [(victim, block * BLOCK, 2 * BLOCK) for block in range(0, 700, 9) for victim in (2, 0, 1)]
    expected = b"".join(victims[victim][offset:offset + length] for victim, offset, length in chosen)
    words = [source(fs.seq(victim), offset, length) for victim, offset, length in chosen]
    plan = gather("--plan", *words, "--", fs.seq(5))
    result, counters = counted(fs, lambda: gather_one(*words, "--", fs.seq(5)))
    equal((result["error"], result["bytes"], result["failed_range"]), (0, len(expected), len(words)))
    equal(result["ways"], GATHER_CALL)
    equal({path: result[f"bytes_{path}"] for path in COPY_PATHS}, counters, "the report, and the mount's counters")
    same_bytes(content(fs.seq(5)), expected, "the gathered zone")
    if shares:
        equal((result["bytes_offloaded"], result["not_offloaded_because"]), (len(expected), ""))
        equal(plan["commands"], result["commands"], "commands as planned")
        equal(plan["source_ranges"], len(words))
    else:
        equal((plan["commands"], result["bytes_offloaded"]), (0, 0))
        check(plan["not_offloaded_because"], "the plan says why nothing is offloaded")

    # Any bytes, behind what is there, and the end is within a block.
    odd = [(0, 1, 5000), (1, 12345, 1), (2, 0, 0), (0, 4096, 8192)]
    plan = gather("--plan", *[source(fs.seq(v), o, n) for v, o, n in odd], "--", fs.seq(5))
    equal(plan["commands"], 0, "no block of these lies alike on both sides")
    result, counters = counted(fs, lambda: gather_one(*[source(fs.seq(v), o, n) for v, o, n in odd], "--", fs.seq(5)))
    equal((result["offset_bytes"], result["bytes"]), (len(expected), 13193))
    equal({path: result[f"bytes_{path}"] for path in COPY_PATHS}, counters, "the report, and the mount's counters")
    expected += b"".join(victims[v][o:o + n] for v, o, n in odd)
    begins_with(fs.seq(5), expected, "bytes that are no blocks")

    # Blocks between bytes are offloaded.
    mixed = [(0, 0, BLOCK), (1, BLOCK, BLOCK), (0, 5, BLOCK - 10), (2, 3 * BLOCK - 10, 2 * BLOCK + 10), (1, 0, BLOCK)]
    words = [source(fs.seq(v), o, n) for v, o, n in mixed]
    plan = gather("--plan", *words, "--", fs.seq(10))
    result = gather_one(*words, "--", fs.seq(10))
    if shares:
        equal((plan["commands"], plan["source_ranges"]), (2, 4))
        equal((result["commands"], result["bytes_offloaded"]), (2, 5 * BLOCK))
    check("whole block" in plan["not_offloaded_because"] or not shares, plan["not_offloaded_because"])
    same_bytes(content(fs.seq(10)), b"".join(victims[v][o:o + n] for v, o, n in mixed), "blocks between bytes")

    # More ranges than one request takes.
    many = [(n % 3, (n * 7 % 700) * BLOCK, BLOCK) for n in range(1100)]
    result = gather_one(*[source(fs.seq(v), o, n) for v, o, n in many], "--", fs.seq(6))
    equal((result["error"], result["bytes"]), (0, 1100 * BLOCK))
    if shares:
        equal(result["commands"], 5, "commands of 256 ranges: a request holds as many whole ones as fit")
    same_bytes(content(fs.seq(6)), b"".join(victims[v][o:o + n] for v, o, n in many), "1100 ranges")

    # Read and written by the caller where that is asked for: the mount copies nothing.
    result, counters = counted(fs, lambda: gather_one(EMULATE, source(fs.seq(0), BLOCK, MIB), source(fs.seq(1), 3, 70001), "--", fs.seq(7)))
    equal((result["ways"], result["bytes_emulated"], sum(counters.values())), (READ_WRITE, MIB + 70001, 0))
    begins_with(fs.seq(7), victims[0][BLOCK:BLOCK + MIB] + victims[1][3:3 + 70001], "read and written")

    # Offloaded or nothing.
    if shares:
        result = gather_one(OFFLOAD, source(fs.seq(0), 0, MIB), "--", fs.seq(8))
        equal((result["error"], result["bytes_offloaded"]), (0, MIB))
        text = refused_gather("EIO", OFFLOAD, source(fs.seq(0), 0, MIB), source(fs.seq(0), 1, MIB), "--", fs.seq(8))
        check("range 1" in text and "whole blocks" in text, text)
        equal(os.path.getsize(fs.seq(8)), MIB)
    else:
        refused_gather("EIO", OFFLOAD, source(fs.seq(0), 0, MIB), "--", fs.seq(8))
        equal(os.path.getsize(fs.seq(8)), 0)

    # A conventional zone is written where it is said, and read.
    refused_gather("EINVAL", source(fs.seq(0), 0, BLOCK), "--", fs.cnv(0))
    result = gather_one(source(fs.seq(0), 0, MIB), source(fs.seq(1), 0, BLOCK), "--", f"{fs.cnv(0)}@{2 * MIB}")
    equal(result["error"], 0)
    same_bytes(content(fs.cnv(0))[2 * MIB:3 * MIB + BLOCK], victims[0][:MIB] + victims[1][:BLOCK], "a conventional zone")
    result = gather_one(source(fs.cnv(0), 2 * MIB, MIB), "--", fs.seq(9))
    same_bytes(content(fs.seq(9)), victims[0][:MIB], "from a conventional zone")

    # Nothing is touched by what is refused.
    with unchanged(*[fs.seq(n) for n in range(10)]):
        refused_gather("EINVAL", source(fs.seq(0), 3 * MIB - 1, 2), "--", fs.seq(9))
        refused_gather("EINVAL", source(fs.seq(0), 0, BLOCK), "--", f"{fs.seq(9)}@0")
        refused_gather("EINVAL", source(fs.cnv(0), 0, 2 * BLOCK), "--", f"{fs.cnv(0)}@{BLOCK}")
        refused_gather("EINVAL", source(fs.seq(0), 0, BLOCK), "--", fs.seq(9), fs.seq(9))
        refused_gather("EFBIG", *[source(fs.seq(0), 0, 3 * MIB)] * 3, "--", fs.seq(9))
    fs.unmount()
