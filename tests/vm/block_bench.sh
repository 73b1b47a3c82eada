#!/bin/bash
# Measures; run by `bench`, and not one of the jobs that tests/vm/run looks for.
#
# vm: --time-limit 900
. "${BASH_SOURCE[0]%/*}/lib.sh"

export ZCTEST_BIN=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/bench/bin}
load_modules fuse zonefs
# Alike, one for each way to copy. What makes a disk slow is that an answer takes its time; without that, copying is
# the processor's work alone.
for way in raw kernel ours; do
  for disk in slow fast; do
    waits=(irqmode=0 max_sectors=2048)
    if [[ $disk == slow ]]; then waits=(irqmode=2 completion_nsec=2000000 max_sectors=2048); fi
    make_null_blk "$way-$disk" size=512 zone_size=64 zone_nr_conv=3 "${waits[@]}" >"/run/$way-$disk"
  done
done
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/block_bench.py"
