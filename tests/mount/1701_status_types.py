#!/usr/bin/env python3
"""zonecopy status --json gives every value the type it has."""
from zctest import *

NUMBERS = re.compile(r"(bytes|copies)_(offloaded|kernel|emulated)|(nr|max)_(wro|active)_seq_files|tails_refused")

for options in ("copy=emulate", "ro", "explicit-open"):
    fs = Image(max_open=3, max_active=5).mount(options)
    status = fs.status()
    for name, value in status.items():
        if name == "copy_limits":
            equal({type(part) for part in value.values()}, {int}, name)
            continue
        if name == "bytes_from":
            equal(value, {}, "one device")
            continue
        expected = bool if name == "read_only" else int if NUMBERS.fullmatch(name) else str
        equal(type(value), expected, f"{options}: {name}")
        text = os.getxattr(fs.path, f"user.zonecopy.{name}").decode()
        equal(str(int(value)) if expected is bool else str(value), text, f"{options}: {name} and its attribute")

fs = Mount([Image(), Image(mkfs=("-L", "a; b"))])
source, target = fs.device(0), fs.device("a; b")
write_direct(source.seq(0), pattern(8192))
for device in (target, source):
    copy_all_of(source.seq(0), device.seq(1), 8192)
copy_all_of(target.seq(1), target.seq(2), 4096)
for device, expected in ((source, {"0": 8192}), (target, {"0": 8192, "a; b": 4096})):
    found = device.status()["bytes_from"]
    equal({name: sum(numbers.values()) for name, numbers in found.items()}, expected, "by device")
    equal({tuple(numbers) for numbers in found.values()}, {COPY_PATHS}, "and by path")
