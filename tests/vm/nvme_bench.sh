#!/bin/bash
# Measures; run by `bench`, and not one of the jobs that tests/vm/run looks for.
#
# vm: --zns bench,size=2304M,zone_size=256M,zone_capacity=192M,mssrl=256,mcl=1024,msrc=15 --time-limit 900
. "${BASH_SOURCE[0]%/*}/lib.sh"

export ZCTEST_BIN=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/bench/bin}
load_modules nvme fuse zonefs
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/nvme_bench.py"
