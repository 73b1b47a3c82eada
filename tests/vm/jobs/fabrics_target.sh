#!/bin/bash
# The kernel's NVMe/TCP target, over a zoned null_blk and, by passthrough, over QEMU's drive: with the kernel's host, and with zonecopy's.
#
# vm: --zns copying,size=48M,zone_size=4M,zone_capacity=3M,mssrl=64,mcl=256,msrc=15,zasl=5
# vm: --trace - --time-limit 600
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# This kernel's target makes its host have multipath devices, and a zoned write that such a one has to send again hangs for ever.
load_module nvme_core multipath=N
load_modules nvme fuse nvmet nvmet_tcp nvme_tcp
make_null_blk zoned size=96 zone_size=4 zone_max_open=8 zone_max_active=8
for part in fabrics_target fabrics_our_host; do
  ZCTEST_TMP=/run/zctest.$part /usr/bin/python3 "${BASH_SOURCE[0]%/*}/../$part.py" "$@"
done
