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
        expected = bool if name == "read_only" else int if NUMBERS.fullmatch(name) else str
        equal(type(value), expected, f"{options}: {name}")
        text = os.getxattr(fs.path, f"user.zonecopy.{name}").decode()
        equal(str(int(value)) if expected is bool else str(value), text, f"{options}: {name} and its attribute")
