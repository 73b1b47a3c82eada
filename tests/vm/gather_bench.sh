#!/bin/bash
# Measures garbage collection on an emulated ZNS drive; run by tests/bench/gather guest (or tests/vm/bench gather), and not one of the
# jobs that tests/vm/run looks for. Takes options of tests/bench/gather.
#
# vm: --zns bench,size=128M,zone_size=8M,mssrl=256,mcl=4096,msrc=127 --time-limit 1800
. "${BASH_SOURCE[0]%/*}/lib.sh"

export ZCTEST_BIN=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/bench/bin}
load_modules nvme fuse
"$ZONECOPY_REPOSITORY/tests/bench/gather" --device "$(nvme_block bench)" --device-name "NVMe drive" --bin "$ZCTEST_BIN" \
  --json "$VM_RESULTS/gather.json" "$@"
