#!/bin/bash
# Mount tests, the very scripts that run on images on the host, on ZNS namespaces. Of tests/mount those are left out that are about images,
# conventional zones or bad zones, which QEMU's namespaces cannot have, and those that do not come near the device.
#
# As Image() makes them: 12 zones of 4 MiB. With blocks of 512 bytes, with a capacity of 3 MiB, with limits.
# vm: --zns usual,size=48M,zone_size=4M --zns sectors,on=usual,size=48M,zone_size=4M,lba=512
# vm: --zns less,on=usual,size=48M,zone_size=4M,zone_capacity=3M
# vm: --zns less-sectors,on=usual,size=48M,zone_size=4M,zone_capacity=3M,lba=512
# vm: --zns limited,size=48M,zone_size=4M,zone_capacity=1M,max_open=2,max_active=4
# vm: --zns limited3,on=limited,size=48M,zone_size=4M,max_open=3,max_active=4
# As 0407, 0411, 1001 (both block sizes), 1010, 1101 and 1103 make theirs.
# vm: --zns big,size=96M,zone_size=16M,zone_capacity=13M --zns big2,on=big,size=28M,zone_size=4M
# vm: --zns big3,on=big,size=48M,zone_size=8M --zns big4,on=big,size=48M,zone_size=8M,lba=512 --zns big5,on=big,size=64M,zone_size=16M
# vm: --zns big6,on=big,size=320M,zone_size=64M --zns big7,on=big,size=5M,zone_size=1M
# vm: --env ZCTEST_ROUNDS=3 --env ZCTEST_SEED=20261122
# vm: --time-limit 500
. "${BASH_SOURCE[0]%/*}/../lib.sh"

scripts=(
  0401 0402 0407 0410 0411  # direct writes
  0503 1901 1902            # tails and gaps
  0601                      # truncate: reset, finish and grow
  0703 0705                 # open and active zones
  1001 1002 1010            # copies
  1101 1103 1903            # kill -9
)
if (($#)); then scripts=("$@"); fi

namespaces=usual,usual:2,usual:3,usual:4,limited,limited:2,big,big:2,big:3,big:4,big:5,big:6,big:7
load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../on_device.py" "$namespaces" "${scripts[@]}"
