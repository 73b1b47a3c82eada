#!/bin/bash
# The kernel's NVMe/TCP target, over a zoned null_blk and, by passthrough, over QEMU's drive.
#
# vm: --zns copying,size=48M,zone_size=4M,zone_capacity=3M,mssrl=64,mcl=256,msrc=15,zasl=5
# vm: --trace - --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# This kernel's target makes its host have multipath devices, and a zoned write that such a one has to send again hangs for ever.
load_module nvme_core multipath=N
load_modules nvme fuse nvmet nvmet_tcp nvme_tcp
make_null_blk zoned size=48 zone_size=4 zone_max_open=8 zone_max_active=8
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../fabrics_target.py" "$@"
