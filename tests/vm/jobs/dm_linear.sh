#!/bin/bash
# Device mapper's linear devices over NVMe namespaces: what reaches the drive, kernel zonefs in turns, tables that do not fit or change.
#
# vm: --zns one,size=64M,zone_size=4M,zone_capacity=3M,mssrl=64,mcl=256,msrc=15,max_open=8,max_active=10
# vm: --zns two,on=one,size=32M,zone_size=4M,zone_capacity=3M,mssrl=32,mcl=256,msrc=15,max_open=6,max_active=9
# vm: --trace - --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# A multipath head has no zone report by which the kernel could correct what it remembers of zones (kernel_pointers.h).
load_module nvme_core multipath=N
load_modules nvme fuse zonefs dm_mod dm_flakey
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../dm_linear.py" "$@"
