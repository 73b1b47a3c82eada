#!/usr/bin/env python3
"""A mount option whose value holds commas between quotes reaches the kernel whole."""
from zctest import *

need_program("strace")
image = Image()
point = os.path.join(TMP, "point")
os.mkdir(point)
trace = os.path.join(TMP, "trace")
for options in ('context="u:object_r:x_t:s0:c1,c2"', 'noatime,context="u:object_r:x_t:s0:c1,c2",nodev'):
    # Mounted or not is for the kernel's security module to say; sanitizers cannot look for leaks beside a tracer.
    run("strace", "-f", "-qq", "-s", "200", "-e", "trace=mount,fsconfig", "-o", trace, "zonecopyfs", image.path, point,
        "-o", options, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    with open(trace, encoding="utf-8") as file:
        calls = file.read()
    check('"u:object_r:x_t:s0:c1,c2"' in calls, f"the kernel was given: {calls}")
    if os.path.ismount(point):
        must("umount", point)
