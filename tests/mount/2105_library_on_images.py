#!/usr/bin/env python3
"""The library on images that are not mounted: one and two of them, beside mounts, and what it refuses."""
from gather_library import *

BLOCK = 4096


def zone(image, number):
    return f"zone:{image.path}#{number}"


for place in places():
    shares = shares_extents(place)
    one = Image(zones=8, zone_size=4 * MIB, capacity=3 * MIB, directory=place, formatted=False)
    two = Image(zones=8, zone_size=4 * MIB, directory=place, formatted=False)
    data = pattern(2 * MIB)
    victim = file_with("victim", data)
    for image in (one, two):
        equal(gather_one(source(victim, 0, 2 * MIB), "--", zone(image, 1))["ways"], READ_WRITE)

    # Within an image.
    words = [source(zone(one, 1), offset, 2 * BLOCK) for offset in range(0, 2 * MIB, 16 * BLOCK)]
    expected = b"".join(data[offset:offset + 2 * BLOCK] for offset in range(0, 2 * MIB, 16 * BLOCK))
    plan = gather("--plan", *words, "--", zone(one, 2))
    result = gather_one("--sync", *words, "--", zone(one, 2))
    equal((result["error"], result["ways"], result["bytes"]), (0, DEVICE_COPY, len(expected)))
    if shares:
        equal((result["bytes_offloaded"], result["commands"]), (len(expected), plan["commands"]))
    else:
        equal((result["bytes_offloaded"], plan["commands"]), (0, 0))
    equal(one.report()[2].written, len(expected))

    # From two images, to two.
    words = [source(zone(one, 2), 0, 4 * BLOCK), source(zone(two, 1), MIB, 4 * BLOCK), source(zone(one, 1), 0, BLOCK)]
    expected = expected[:4 * BLOCK] + data[MIB:MIB + 4 * BLOCK] + data[:BLOCK]
    answer = gather(*words, "--", zone(one, 3), zone(two, 3))
    for result in answer["results"]:
        adds_up(result)
        equal((result["error"], result["bytes"]), (0, len(expected)))
    for image in (one, two):
        equal(gather_one(source(zone(image, 3), 0, len(expected)), "--", file_with("out", b""))["error"], 0)
        same_bytes(content(os.path.join(TMP, "out")), expected, image.path)

    # What the standard tools see.
    for image in (one, two):
        equal([state.written for state in image.report()[2:5]], [one.report()[2].written if image is one else 0, len(expected), 0])

    # Refused, and nothing is touched.
    before = [[state.written for state in image.report()] for image in (one, two)]
    refused_gather("EFBIG", *[source(zone(two, 1), 0, 2 * MIB)] * 2, "--", zone(one, 4))
    refused_gather("EINVAL", source(zone(one, 1), 0, 100), "--", zone(one, 4))
    refused_gather("EINVAL", source(zone(one, 1), 2 * MIB, BLOCK), "--", zone(one, 4))
    refused_gather("EINVAL", source(zone(one, 1), 0, BLOCK), "--", f"{zone(one, 4)}@{BLOCK}")
    if not shares:
        refused_gather("EIO", OFFLOAD, source(zone(one, 1), 0, BLOCK), "--", zone(one, 4))

    equal([[state.written for state in image.report()] for image in (one, two)], before)

    # A mounted image is in use; its mount is what to name.
    one.format("-f")
    fs = one.mount("tail=pad")
    ended = run(program("gather_driver"), source(zone(one, 1), 0, BLOCK), "--", victim)
    equal(ended.status, 2)
    equal(errno_name(json.loads(ended.out)["status"]), "EBUSY")

    # From an image to a mount, and back.
    result = gather_one(source(zone(two, 1), 3, 70001), "--", fs.seq(5))
    equal((result["error"], result["ways"]), (0, READ_WRITE))
    begins_with(fs.seq(5), data[3:3 + 70001], "from an image")
    result = gather_one(source(fs.seq(5), 1, BLOCK - 1), source(fs.seq(5), 0, 1), "--", zone(two, 4))
    equal((result["error"], result["bytes"]), (0, BLOCK))
    fs.unmount()
