#!/bin/bash
# A mount on NVMe drives: the commands it sends, zones that somebody else writes, devices that are busy or wrong, kill -9.
#
# vm: --zns free,size=128M,zone_capacity=12M,zasl=5,mssrl=256,mcl=1024,msrc=15
# vm: --zns limited,size=48M,zone_size=4M,zone_capacity=3M,max_open=2,max_active=4,mdts=5,zasl=3
# vm: --zns narrow,size=12800K,zone_size=64K,mdts=1,zasl=1
# vm: --nvm plain,size=64M
# vm: --trace - --trace-event pci_nvme_zns* --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_mount.py" "$@"
