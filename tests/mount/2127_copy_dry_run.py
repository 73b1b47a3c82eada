#!/usr/bin/env python3
"""zonecopy copy --dry-run prints the Copy commands that would be sent, and touches nothing; --require-offload refuses what would be moved."""
from zctest import *

for directory in places():
    shares = shares_extents(directory)
    image = Image(directory=directory, conventional=2)
    fs = image.mount()
    write_direct(fs.seq(0), pattern(2 * MIB))
    write_direct(fs.seq(1), pattern(4096))
    arguments = (f"{fs.seq(0)}:4K+8K", f"{fs.seq(0)}:12K+4K", f"{fs.seq(0)}:1M+4K", fs.seq(1))
    with unchanged(image.path):
        told = json.loads(must("zonecopy", "copy", *arguments, "--dry-run", "--json").out)
        text = succeeds("zonecopy", "copy", *arguments, "-n").out
        one_line(run("zonecopy", "copy", fs.seq(0), fs.seq(0), "--dry-run"), 1, "the same zone")
    equal((told["dry_run"], told["bytes"], told["range_count"], told["errno"]), (True, 16 * KIB, 3, None), directory)
    destination, = told["destinations"]
    equal((destination["destination"], destination["offset_bytes"]), (fs.seq(1), 4096))
    start = [zone.start // 4096 for zone in fs.image.report()]
    source, target = start[image.zone_of_seq(0)], start[image.zone_of_seq(1)]
    if shares:
        # Neighbouring ranges are one.
        equal(destination["commands"], [{"sdlba": target + 1, "blocks": 4, "ranges": [{"lba": source + 1, "blocks": 3},
                                                                                    {"lba": source + 256, "blocks": 1}]}], "the commands")
        check(f"SDLBA {target + 1}, 4 blocks" in text and f"LBA {source + 256}, 1 blocks" in text, text)
    else:
        check(destination["commands"] == [] and "share" in destination["fallback_reason"], f"{destination}")
        check("nothing of it offloaded" in text, text)
    equal(fs.copy_counters(), {}, "nothing was copied")

    ended = run("zonecopy", "copy", *arguments, "--require-offload", "--json")
    if shares:
        told = json.loads(ended.out)
        equal((ended.status, told["bytes_offloaded"], told["commands"]), (0, 16 * KIB, len(destination["commands"])), "as planned")
    else:
        one_line(ended, 1, "cannot be offloaded", "share")
        equal((json.loads(ended.out)["errno"], os.stat(fs.seq(1)).st_size, fs.copy_counters()), ("EIO", 4096, {}), "nothing was moved")
    fs.unmount()

    # Not mounted: the same commands.
    with unchanged(image.path):
        numbers = [image.zone_of_seq(0), image.zone_of_seq(3)]
        told = json.loads(must("zonecopy", "copy", f"{image.path}#{numbers[0]}:4K+8K", f"{image.path}#{numbers[1]}", "--dry-run", "--json").out)
    if shares:
        equal(told["destinations"][0]["commands"], [{"sdlba": start[numbers[1]], "blocks": 2, "ranges": [{"lba": source + 1, "blocks": 2}]}])
    os.unlink(image.path)
