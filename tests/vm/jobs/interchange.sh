#!/bin/bash
# The kernel's zonefs and zonecopyfs on one drive, in turns.
#
# vm: --zns shared,size=48M,zone_size=4M,zone_capacity=3M,mssrl=64,mcl=256,msrc=15
# vm: --trace - --time-limit 240
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse zonefs
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../interchange.py" "$@"
