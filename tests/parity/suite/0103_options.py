#!/usr/bin/env python3
"""Mount options that are taken and that are not, and what the mount table shows."""
from zonefs import *


def in_table(field):
    with open("/proc/self/mounts", encoding="utf-8") as file:
        return [line.split() for line in file if line.split()[1] == fs.path][0][field]


device.format()
row("errors=continue", "refused", try_mount, "errors=continue")
row("an unknown option", "refused", try_mount, "foo=bar")
row("explicit-open with a value", "refused", try_mount, "explicit-open=1")
row("noatime,nosuid", "mounted", try_mount, "noatime,nosuid")
fs = mount("errors=repair")
row("the device in the mount table", True, lambda: in_table(0) == device.path)
row("the type in the mount table", "zonefs", in_table, 2)
row("errors= in the mount table", True, lambda: "errors=repair" in in_table(3).split(","))
