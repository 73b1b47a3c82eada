#!/usr/bin/env python3
"""Several destinations of one gather: read once at most, and one that fails leaves the others whole."""
from gather_library import *

BLOCK = 4096


for place in places():
    shares = shares_extents(place)
    fs = Image(zones=12, zone_size=8 * MIB, directory=place).mount()
    other = Image(zones=8, zone_size=8 * MIB, directory=place).mount()
    data = pattern(3 * MIB)
    write_direct(fs.seq(0), data)
    words = [source(fs.seq(0), MIB, MIB), source(fs.seq(0), 0, 5 * BLOCK)]
    expected = data[MIB:2 * MIB] + data[:5 * BLOCK]

    # Where the mount offloads, each destination is a request to it; else this process reads once and writes to each.
    write_direct(fs.seq(2), data[:BLOCK])
    answer = gather(*words, "--", fs.seq(1), fs.seq(2), fs.seq(3))
    equal(answer["status"], 0, answer["text"])
    for number, result in zip((1, 2, 3), answer["results"]):
        adds_up(result)
        equal((result["error"], result["bytes"]), (0, len(expected)))
        equal(result["ways"], GATHER_CALL if shares else READ_WRITE)
        equal(result["offset_bytes"], BLOCK if number == 2 else 0)
        same_bytes(content(fs.seq(number))[result["offset_bytes"]:], expected, f"mirror {number}")

    # One of them on another mount: the sources are read once.
    answer = gather(*words, "--", fs.seq(4), other.seq(0))
    for result in answer["results"]:
        adds_up(result)
        equal((result["error"], result["ways"], result["bytes_emulated"]), (0, READ_WRITE, len(expected)))
    same_bytes(content(fs.seq(4)), expected, "here")
    same_bytes(content(other.seq(0)), expected, "and there")

    # The mount of one destination ends in the middle.
    command = [program("gather_driver"), "--announce", "--rate=4000000", EMULATE,
               *[source(fs.seq(0), 0, 3 * MIB)], "--", other.seq(1), fs.seq(5)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as driver:
        driver.stderr.readline()
        other.kill()
        answer = json.loads(driver.communicate()[0])
    failed, whole = answer["results"]
    adds_up(failed)
    check(failed["error"] in (-errno.ENOTCONN, -errno.ECONNABORTED, -errno.EIO), f"the mount has ended: {failed}")
    check(0 < failed["bytes"] < 3 * MIB, f"it was in the middle: {failed}")
    equal((whole["error"], whole["bytes"]), (0, 3 * MIB))
    same_bytes(content(fs.seq(5)), data, "the other mirror")
    must("umount", other.path)
    other = other.image.mount()
    same_bytes(content(other.seq(1))[:failed["bytes"]], data[:failed["bytes"]], "what was counted is there")
    other.unmount()
    fs.unmount()
