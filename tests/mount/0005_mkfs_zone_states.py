#!/usr/bin/env python3
"""After mkfs a sequential first zone is full; zones that cannot be reset stop it, unless they are offline."""
from zctest import *

image = Image(zones=4)
zones = image.report()
equal(zones[0].condition, "full", "the super block's zone is finished")
equal([zone.condition for zone in zones[1:]], ["empty"] * 3)

# An offline zone is no reason to refuse; all but one offline is.
image = Image(zones=4, formatted=False)
image.set_zone(2, "offline")
succeeds("mkfs.zonecopyfs", image.path)
for zone in (1, 3):
    image.set_zone(zone, "offline")
with unchanged(image.path):
    one_line(run("mkfs.zonecopyfs", "-f", image.path), 1, "No useable zones")
