#!/usr/bin/env python3
"""zonecopy image create and set: what they refuse, in one line, leaving nothing behind."""
from zctest import *

GOOD = {"--size": "64MiB", "--zone-size": "4MiB"}
TABLE = [
    {"--size": "4Gib"}, {"--size": "4gigabytes"}, {"--size": ""}, {"--size": "-1"}, {"--size": "0"}, {"--size": "1.5GiB x"},
    {"--size": "99999999999999999999"}, {"--size": "16EiB"}, {"--size": "64MiB1"}, {"--size": None}, {"--zone-size": None},
    {"--zone-size": "0"}, {"--zone-size": "1000"}, {"--zone-size": "128MiB"}, {"--zone-size": "4Mib"},
    {"--zone-capacity": "5MiB"}, {"--zone-capacity": "0"}, {"--zone-capacity": "1000"}, {"--zone-capacity": "x"},
    {"--conventional": "17"}, {"--conventional": "-1"}, {"--conventional": "two"}, {"--conventional": "1.5"},
    {"--max-open": "-1"}, {"--max-open": "x"}, {"--max-open": "5", "--max-active": "3"},
    {"--block-size": "1024"}, {"--block-size": "0"}, {"--block-size": "8192"}, {"--block-size": "x"},
    {"--nonsense": "1"},
]
path = os.path.join(TMP, "new")
for change in TABLE:
    options = [part for name, value in {**GOOD, **change}.items() if value is not None for part in (f"{name}={value}",)]
    one_line(run("zonecopy", "image", "create", path, *options), (1, 2))
    if not check(not os.path.exists(path), f"{options} left a file behind"):
        os.unlink(path)

good = [f"{name}={value}" for name, value in GOOD.items()]
existing = file_with("existing", b"precious")
with unchanged(existing):
    one_line(run("zonecopy", "image", "create", existing, *good), 1, existing, "exists")
one_line(run("zonecopy", "image", "create", "/no/such/folder/image", *good), 1, "No such file")
one_line(run("zonecopy", "image", "create", os.path.join(existing, "image"), *good), 1, "Not a directory")
one_line(run("zonecopy", "image", "create", *good), 2)
one_line(run("zonecopy", "image"), 2)

image = Image(zones=4)
for arguments in (("--zone", "4", "--condition", "offline"), ("--zone", "-1", "--condition", "offline"),
                  ("--zone", "x", "--condition", "offline"), ("--zone", "1", "--condition", "empty"),
                  ("--zone", "1", "--condition", "full"), ("--zone", "1", "--condition", "OFFLINE"),
                  ("--zone", "1"), ("--condition", "offline"), ()):
    with unchanged(image.path):
        one_line(run("zonecopy", "image", "set", image.path, *arguments), (1, 2))
with unchanged(existing):
    one_line(run("zonecopy", "image", "set", existing, "--zone", 1, "--condition", "offline"), 1, "image")
one_line(run("zonecopy", "image", "set", "/no/such/image", "--zone", 1, "--condition", "offline"), 1, "No such file")
