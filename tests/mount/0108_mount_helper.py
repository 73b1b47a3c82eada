#!/usr/bin/env python3
"""mount.zonecopyfs as mount(8) calls it: DEVICE DIR [-sfnv] [-o options]."""
from zctest import *

image = Image()
point = os.path.join(TMP, "point")
os.mkdir(point)
for options in (("-o", "rw"), ("-n",), ("-v",), ("-s",), ("-o", "rw,errors=repair,noatime"), ("-t", "zonecopyfs"),
                ("-n", "-v", "-o", "ro")):
    succeeds("mount.zonecopyfs", image.path, point, *options)
    equal(len(os.listdir(os.path.join(point, "seq"))), 11, str(options))
    must("umount", point)

# -f fakes: everything but the mounting.
succeeds("mount.zonecopyfs", image.path, point, "-f")
check(not os.path.ismount(point), "-f mounted")
# -s is sloppy: options nobody knows pass.
succeeds("mount.zonecopyfs", image.path, point, "-s", "-o", "nonsense")
must("umount", point)
