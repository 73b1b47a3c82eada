#!/bin/bash
# Drives pulled in the middle of a copy and of a write.
#
# vm: --zns copied,size=80M,zone_size=16M,mssrl=256,mcl=1024,msrc=15 --zns written,size=80M,zone_size=16M
# vm: --zns open,size=80M,zone_size=16M,max_open=4,max_active=6
# vm: --trace - --time-limit 240
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_unplug.py" "$@"
