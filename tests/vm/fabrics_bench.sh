#!/bin/bash
# Measures; run by `bench`, and not one of the jobs that tests/vm/run looks for. Linux's own NVMe/TCP host on `zonecopy serve` and on the
# kernel's target: copies, of an emulated drive by passthrough; and random reads, of two equal null_blk.
#
# vm: --zns served,size=96M,zone_size=8M,mssrl=256,mcl=4096,msrc=127
# vm: --zns passed,size=96M,zone_size=8M,mssrl=256,mcl=4096,msrc=127 --time-limit 1500
. "${BASH_SOURCE[0]%/*}/lib.sh"

export ZCTEST_BIN=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/bench/bin}
load_modules nvme fuse nvmet nvmet_tcp nvme_tcp
for name in served_blocks passed_blocks; do make_null_blk "$name" size=256 zone_size=64 >/dev/null; done
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/fabrics_bench.py"
