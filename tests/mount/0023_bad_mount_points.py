#!/usr/bin/env python3
"""Mount points that are none, and options there are not: one line, status 1, nothing mounted."""
from zctest import *

image = Image(zones=4)
point = os.path.join(TMP, "point")
os.mkdir(point)
for place in ("/no/such/place", os.path.join(TMP, "missing"), file_with("file", b"x"), "/dev/null"):
    with unchanged(image.path):
        one_line(run("zonecopyfs", image.path, place), 1, os.path.basename(place))
        one_line(run("mount.zonecopyfs", image.path, place), (1, 32), os.path.basename(place))
for options in ("errors=continue", "errors=panic", "errors=", "errors", "nonsense", "nonsense=1", "copy=never", "copy=", "copy",
                "explicit-open=1", "strict=yes", "errors=repair,nonsense", "ERRORS=repair", "explicit_open"):
    with unchanged(image.path, point):
        refusal = one_line(run("zonecopyfs", image.path, point, "-o", options), 1)
        one_line(run("mount.zonecopyfs", image.path, point, "-o", options), (1, 32))
        check(not os.path.ismount(point), f"-o {options} mounted")
        wrong = options.split(",")[-1]
        check(wrong in refusal.err or wrong.split("=")[0] in refusal.err, f"the option {wrong} is not named: {refusal}")
        if os.path.ismount(point):
            must("umount", point)
