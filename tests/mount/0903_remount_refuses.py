#!/usr/bin/env python3
"""What a remount refuses, in one line: options there are not, what only a new mount can change, what is no mount."""
from zctest import *

image = Image(conventional=2)
fs = image.mount("errors=repair")
for options in ("remount,errors=nonsense", "remount,nonsense", "remount,errors=", "remount,strict", "remount,copy=never"):
    one_line(run("mount.zonecopyfs", image.path, fs.path, "-o", options), (1, 32))
    # The policy is still what it was.
    equal(fs.read_only_in_mount_table(), False)
image.set_seq(0, "offline")
refused("EIO", write_direct, fs.seq(0), pattern(4096))
equal(write_direct(fs.seq(1), pattern(4096)), 4096, "errors=repair is in force")
nowhere = os.path.join(TMP, "nowhere")
os.mkdir(nowhere)
one_line(run("mount.zonecopyfs", image.path, nowhere, "-o", "remount,errors=repair"), (1, 32))
equal(os.path.ismount(nowhere), False)
