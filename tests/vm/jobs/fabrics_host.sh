#!/bin/bash
# Linux's own NVMe/TCP host on `zonecopy serve`.
#
# vm: --zns copying,size=48M,zone_size=4M,zone_capacity=3M,mssrl=64,mcl=256,msrc=15,zasl=5
# vm: --zns media,on=copying,size=16M,zone_size=4M,mssrl=16,mcl=64,msrc=15,bad_read=4358144
# vm: --trace - --time-limit 900
. "${BASH_SOURCE[0]%/*}/../lib.sh"
here=${BASH_SOURCE[0]%/*}/..

# part NAME [SECTION...]
part() { ZCTEST_TMP=/run/zctest.$1 /usr/bin/python3 "$here/$1.py" "${@:2}"; }

load_modules nvme fuse nvme_tcp loop xfs f2fs zonefs
make_null_blk plain zoned=0 size=64
part fabrics_host "$@"
part fabrics_mounts "$@"
part fabrics_cuts "$@"
