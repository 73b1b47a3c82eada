#!/bin/bash
# Measures; run by `bench`, and not one of the jobs that tests/vm/run looks for. Emulated copies between the devices of one mount, of which
# each is beside reading the source alone and writing the destination alone: the pipeline's reads and writes are to go on beside each other.
#
# vm: --zns zns0,size=256M,zone_size=64M --zns zns1,size=256M,zone_size=64M --time-limit 900
. "${BASH_SOURCE[0]%/*}/lib.sh"

programs=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/bench/bin}
rounds=${ZONECOPY_BENCH_ROUNDS:-5}
size_mib=48 # less than a zone, so that all of them hold it
# Of the folders in the mount: an image, two null_blk and the namespace.
image=0 one=1 other=2 drive=3

load_modules fuse zonefs
load_nvme
# What makes a disk slow is that an answer takes its time.
disk=(size=256 zone_size=64 zone_nr_conv=1 irqmode=2 completion_nsec=500000 max_sectors=2048)
# Equal ones without a mount: what a device does alone is not to be held up by a file system.
raw_disk=$(make_null_blk raw_one "${disk[@]}")
raw_other=$(make_null_blk raw_other "${disk[@]}")
raw_drive=$(nvme_block zns1)
raw_offset=$((2 << 26)) # of a sequential zone of all of them
devices=(/run/image "$(make_null_blk one "${disk[@]}")" "$(make_null_blk other "${disk[@]}")" "$(nvme_char zns0)")
"$programs/zonecopy" image create /run/image --size 256MiB --zone-size 64MiB --block-size 4096 >/dev/null
for device in "${devices[@]}"; do "$programs/mkfs.zonecopyfs" -f "$device" >/dev/null; done
mkdir -p /run/pair
"$programs/zonecopyfs" "${devices[@]}" /run/pair
taskset -apc 1 "$(pgrep -x zonecopyfs)" >/dev/null

# pair NAME SOURCE DESTINATION [ARGUMENT...]
pair() {
  taskset -c 0 "$programs/pair_bench" --rounds "$rounds" --name "$1" --raw-offset "$raw_offset" "${@:4}" "/run/pair/$2" "/run/pair/$3"
}
fill() { dd if=/dev/urandom of="/run/pair/$1" bs=1M count="$size_mib" iflag=fullblock oflag=direct conv=notrunc status=none; }

fill $image/seq/0
fill $one/seq/0
printf '%-36s %7s %7s %7s %7s %7s %8s\n' "$size_mib MiB, MiB/s, median of $rounds" read write at-once copy ratio to-both
for disk in "$raw_disk" "$raw_other"; do
  dd if=/dev/urandom of="$disk" bs=1M count="$size_mib" seek="$((raw_offset >> 20))" iflag=fullblock oflag=direct conv=notrunc status=none
done
pair 'image to null_blk' $image/seq/0 $one/seq/1
pair 'null_blk to NVMe' $one/seq/0 $drive/seq/0
pair 'null_blk to null_blk' $one/seq/0 $other/seq/0
echo 'alone without a file system:'
pair 'image to null_blk' $image/seq/0 $one/seq/1 --raw-destination "$raw_disk"
pair 'null_blk to NVMe' $one/seq/0 $drive/seq/0 --raw-source "$raw_disk" --raw-destination "$raw_drive"
pair 'null_blk to null_blk' $one/seq/0 $other/seq/0 --raw-source "$raw_disk" --raw-destination "$raw_other"
umount /run/pair
