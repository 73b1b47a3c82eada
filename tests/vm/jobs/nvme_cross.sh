#!/bin/bash
# Copies from one namespace to another: Copy commands of format 2 where one controller has both, else read and written, and why.
# Run a second time with each namespace as its controller's own, without multipath devices.
#
# vm: --zns big,size=64M,zone_size=16M,zone_capacity=12M,mssrl=256,mcl=1024,msrc=15
# vm: --zns small,on=big,size=32M,zone_size=4M,zone_capacity=3M,mssrl=16,mcl=64,msrc=7
# vm: --zns sectors,on=big,lba=512,size=16M,zone_size=1M
# vm: --zns media,on=big,size=16M,zone_size=4M,mssrl=16,mcl=64,msrc=15,bad_read=4358144
# vm: --zns other,size=64M,zone_size=16M,mssrl=256,mcl=1024,msrc=15
# vm: --trace - --trace-event pci_nvme_setfeat --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_cross.py" "$@"

modprobe -C /dev/null -r nvme nvme_core
load_module nvme_core multipath=N
load_modules nvme
ZCTEST_TMP=/run/zctest.single /usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_cross.py" both_ways reset
