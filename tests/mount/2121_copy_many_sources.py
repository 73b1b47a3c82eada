#!/usr/bin/env python3
"""zonecopy copy: many sources and ranges of them go to the end of one zone, in order, by few Copy commands; long lists, and names with ':' and '#'."""
from zctest import *


def copy(*arguments, **keywords):
    return json.loads(must("zonecopy", "copy", *arguments, "--json", **keywords).out)


for directory in places():
    way = COPY_PATHS[0 if shares_extents(directory) else 1]
    image = Image(directory=directory, zones=12, zone_size=8 * MIB, conventional=2)
    fs = image.mount()
    first, second = pattern(4 * MIB, 1), pattern(2 * MIB, 2)
    write_direct(fs.seq(0), first)
    write_direct(fs.seq(1), second)

    # Whole files, ranges with suffixes, and ranges to the end; the same one twice.
    told = copy(fs.seq(1), f"{fs.seq(0)}:64K+4KiB", f"{fs.seq(0)}:4092K+", f"{fs.seq(0)}:4092K", f"{fs.seq(1)}:0+8192", fs.seq(2))
    expected = second + first[64 * KIB:68 * KIB] + 2 * first[-4 * KIB:] + second[:8 * KIB]
    same_bytes(content(fs.seq(2)), expected, f"{directory}: seq/2")
    equal([told[f"bytes_{word}"] for word in COPY_PATHS], [len(expected) if word == way else 0 for word in COPY_PATHS], directory)
    equal([(entry["source"], entry["offset_bytes"], entry["length_bytes"]) for entry in told["ranges"]],
          [(fs.seq(1), 0, 2 * MIB), (fs.seq(0), 64 * KIB, 4 * KIB), (fs.seq(0), 4092 * KIB, 4 * KIB),
           (fs.seq(0), 4092 * KIB, 4 * KIB), (fs.seq(1), 0, 8 * KIB)], "the ranges")
    destination, = told["destinations"]
    equal((destination["destination"], destination["offset_bytes"], destination["range_bytes"], destination["failed_range"],
           destination["ways"], destination["errno"], destination["verified"]),
          (fs.seq(2), 0, [2 * MIB, 4 * KIB, 4 * KIB, 4 * KIB, 8 * KIB], None, ["gather call"], None, None), "the destination")
    equal(told["commands"], 1, "Copy commands")

    # Behind it, and into a conventional zone.
    text = succeeds("zonecopy", "copy", f"{fs.seq(0)}:0+8K", f"{fs.seq(0)}:16K+8K", fs.seq(2)).out
    check(f"2 ranges from offset {len(expected)} on, 1 Copy command, by gather call" in text, text)
    same_bytes(content(fs.seq(2)), expected + first[:8 * KIB] + first[16 * KIB:24 * KIB], f"{directory}: seq/2 again")
    copy(f"{fs.seq(0)}:0+8K", f"{fs.seq(1)}:0+8K", fs.cnv(0), "--destination-offset", "1M")
    same_bytes(content(fs.cnv(0))[MIB:MIB + 16 * KIB], first[:8 * KIB] + second[:8 * KIB], "cnv/0")

    # An empty zone among others adds nothing.
    equal(copy(fs.seq(1), fs.seq(8), f"{fs.seq(1)}:0+4K", fs.seq(3))["destinations"][0]["range_bytes"], [2 * MIB, 0, 4 * KIB])

    # Thousands of lines, from a file and from standard input, with comments; operands come first.
    offsets = [block * 4 * KIB for block in random.Random(5).sample(range(1024), 1024)]
    lines = "".join(f"{fs.seq(0)}:{offset}+4096\n" + ("# a comment\n\n" if offset % 3 == 0 else "") for offset in offsets)
    told = copy(f"{fs.seq(1)}:0+4K", "--from-file", file_with("list", lines.encode()), fs.seq(4), "--verify")
    same_bytes(content(fs.seq(4)), second[:4 * KIB] + b"".join(first[offset:offset + 4 * KIB] for offset in offsets), "a list")
    equal((told["commands"] < 40, told["destinations"][0]["verified"]), (True, True), f"{directory}: {told['commands']} Copy commands")
    copy("--from-file", "-", fs.seq(5), data=lines.encode())
    same_bytes(content(fs.seq(5)), content(fs.seq(4))[4 * KIB:], "from standard input")
    fs.unmount()
    os.unlink(image.path)

# Names: what exists as it stands is a path. Lists with NULs take any.
image = Image(zones=8)
fs = image.mount()
write_direct(fs.seq(0), first[:MIB])
for number, name in enumerate(("a:0+4K", "b#1", "c\nd", "#e", "f:g")):
    os.symlink(fs.seq(0), os.path.join(TMP, name))
equal(copy(os.path.join(TMP, "a:0+4K"), fs.seq(1))["bytes"], MIB, "a path with a range in its name")
equal(copy(os.path.join(TMP, "a:0+4K:0+8K"), os.path.join(TMP, "b#1:4K+4K"), os.path.join(TMP, "f:g:0+4K"), fs.seq(2))["bytes"], 16 * KIB)
equal(copy("#e:0+4K", "c\nd:0+4K", fs.seq(2), cwd=TMP)["bytes"], 8 * KIB)
equal(copy("-0", "--from-file", "-", fs.seq(2), cwd=TMP, data=b"#e:0+4K\0c\nd:0+8K\0")["bytes"], 12 * KIB, "NULs")
equal(copy("--from-file", "-", fs.seq(2), cwd=TMP, data=b"#e:0+4K\n./#e:0+4K\n")["bytes"], 4 * KIB, "a comment, and none")

# Other files take part: the library reads and writes where nothing better is possible.
ordinary, other = file_with("ordinary", first), file_with("other", b"mine")
told = copy(f"{ordinary}:4K+8K", fs.seq(3))
equal((told["bytes_offloaded"], told["fallback_reason"] is None), (0, False), f"an ordinary source: {told['fallback_reason']}")
same_bytes(content(fs.seq(3)), first[4 * KIB:12 * KIB], "seq/3")
equal(copy(f"{fs.seq(3)}:1+100", other)["destinations"][0]["offset_bytes"], 4, "an ordinary destination gets more at its end")
same_bytes(content(other), b"mine" + first[4 * KIB + 1:4 * KIB + 101], "other")
