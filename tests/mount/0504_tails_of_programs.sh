#!/bin/bash
# cp, dd and echo of what is no whole number of blocks: they fail and say why, the whole blocks are there.
. "$(dirname "$0")/lib.sh"

make_and_mount ""
blocks 50 data
head -c 150000 data >odd # 36 blocks and a tail
head -c $((36 * 4096)) data >whole

refuses 1 "Invalid argument" cp odd "$mnt/seq/0"
same whole "$mnt/seq/0"
refuses any "Invalid argument" sh -c "cat odd >'$mnt/seq/1'"
same whole "$mnt/seq/1"
refuses 1 "Invalid argument" dd if=odd of="$mnt/seq/2" bs=64k
same whole "$mnt/seq/2"

# dd with a block size that is no multiple of the device's.
refuses 1 "Invalid argument" dd if=data of="$mnt/seq/3" bs=1000 count=20
is "after bs=1000" "$(size "$mnt/seq/3")" 0
refuses 1 "Invalid argument" dd if=data of="$mnt/seq/4" bs=6000 count=5
is "after bs=6000" "$(size "$mnt/seq/4")" 4096
ok dd if=data of="$mnt/seq/5" ibs=1000 obs=4096
is "ibs=1000 gathered to 4096" "$(size "$mnt/seq/5")" $((50 * 4096))
# conv=sync pads the tail.
ok dd if=odd of="$mnt/seq/6" bs=4096 conv=sync
is "padded" "$(size "$mnt/seq/6")" $((37 * 4096))

refuses any "Invalid argument" bash -c "echo hello >>'$mnt/seq/7'"
is "after echo" "$(size "$mnt/seq/7")" 0
refuses any "Invalid argument" python3 -c "
import shutil, sys
shutil.copyfile(sys.argv[1], sys.argv[2])" odd "$mnt/seq/8"
cmp -n "$(size "$mnt/seq/8")" odd "$mnt/seq/8" || fail "seq/8 is no prefix of what was copied"

# Larger than the zone.
blocks 1100 large
refuses 1 "File too large" cp large "$mnt/seq/9"
is "size of a full zone" "$(size "$mnt/seq/9")" $((4 << 20))
cmp -n $((4 << 20)) large "$mnt/seq/9" || fail "seq/9 is no prefix of what was copied"
