#!/bin/bash
# What stands below and beside: device mapper, disks formatted by one and mounted by the other, blkid, and very many zones.
#
# vm: --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

binaries=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/dev/bin}
PATH=$binaries:$PATH
mnt=/run/mnt
uuid=01234567-89ab-cdef-0123-456789abcdef

main() {
  mkdir -p "$mnt" "$mnt.kernel"
  load_modules zonefs fuse
  head -c 3M /dev/urandom >/run/data
  device_mapper
  formatted_by_us
  formatted_by_others
  identified
  many_zones
}

attribute() { /usr/bin/python3 -c 'import os, sys; print(os.getxattr(*sys.argv[1:]).decode())' "$mnt" "user.zonecopy.$1"; }

# mount_ours DEVICE [OPTIONS] and mount_kernel DEVICE; unmount_all
mount_ours() { zonecopyfs "$1" "$mnt" ${2:+-o "$2"}; }
mount_kernel() { mount -t zonefs "$1" "$mnt"; }
unmount() {
  umount "$mnt"
  # The daemon lets go of the device a moment later.
  wait_for 20 no_daemon
}
no_daemon() { ! pgrep -x zonecopyfs; }

# write_file PATH: 3 MiB, as kernel zonefs wants it
write_file() { dd if=/run/data of="$1" bs=1M oflag=direct conv=notrunc status=none; }

device_mapper() {
  local disk part
  disk=$(make_null_blk below size=64 zone_size=4 zone_nr_conv=4 zone_capacity=3)
  # Two of the conventional zones, and eight others.
  part=$(make_linear part "$disk" $((2 * 4 * 2048)) $((10 * 4 * 2048)))
  check_fails 'a disk that is below a device mapper is not formatted' mkfs.zonecopyfs -f "$disk"
  check 'its zones are found by the name that dmsetup gives it without udev' zonecopy report "$part"
  # As udev has it: the kernel's name, and a link.
  ln -sf "/dev/dm-$(dmsetup info -c --noheadings -o minor part)" "$part"
  check 'dm-linear is formatted' mkfs.zonecopyfs "$part"
  check 'and mounted' mount_ours "$part"
  check_equal 'with its files' '1 8' "$(find "$mnt/cnv" -type f | wc -l) $(find "$mnt/seq" -type f | wc -l)"
  check 'a file is written' write_file "$mnt/seq/0"
  check 'and copied' zonecopy copy "$mnt/seq/0" "$mnt/seq/1"
  check_equal 'by reading and writing' "0 $((3 << 20))" "$(attribute bytes_offloaded) $(attribute bytes_emulated)"
  printf '        because: %s\n' "$(attribute copy_unavailable)"
  check 'cp writes ordinarily' cp "$mnt/seq/0" "$mnt/seq/2"
  check 'a zone is reset' truncate -s 0 "$mnt/seq/0"
  check 'and written again' write_file "$mnt/seq/0"
  check 'a zone is finished' truncate -s 3M "$mnt/seq/3"
  check 'a conventional file is written' dd if=/run/data of="$mnt/cnv/0" bs=1000 count=50 conv=notrunc status=none
  check 'and unmounted' unmount
  check 'kernel zonefs mounts it' mount_kernel "$part"
  check 'and finds the data' same_data 0 1 2
  check_equal 'and sizes' "$((3 << 20)) 0" "$(stat -c %s "$mnt/seq/3") $(stat -c %s "$mnt/seq/4")"
  check 'and unmounts' umount "$mnt"
  check 'kernel and zonecopyfs leave the disk below alone' dmsetup remove part
}

same_data() {
  local number
  for number; do cmp /run/data "$mnt/seq/$number" || return; done
}

# Not by blkid: it takes the label for 32 bytes long, which was 64 when zonefs came into Linux, and looks for the UUID in the label.
uuid_of() {
  dd if="$1" bs=1 skip=72 count=16 status=none |
    /usr/bin/python3 -c 'import sys, uuid; print(uuid.UUID(bytes=sys.stdin.buffer.read()))'
}

# blkid_says DEVICE TAG, past its cache
blkid_says() { blkid -p -o value -s "$2" "$1"; }

formatted_by_us() {
  local disk other long
  disk=$(make_null_blk mine size=64 zone_size=4 zone_nr_conv=4 zone_capacity=3)
  check 'formatted with all features' mkfs.zonecopyfs -L 'a label, é' --uuid "$uuid" -o aggr_cnv,uid=1001,gid=1002,perm=0604 "$disk"
  check_equal 'blkid: type' zonefs "$(blkid_says "$disk" TYPE)"
  check_equal 'blkid: label' 'a label, é' "$(blkid_says "$disk" LABEL)"
  check_equal 'the uuid' "$uuid" "$(uuid_of "$disk")"
  check 'kernel zonefs mounts it' mount_kernel "$disk"
  local by_kernel
  by_kernel=$(listing)
  printf '%s\n' "$by_kernel" | sed -n '1,5s/^/        /p'
  check_equal 'with the features' '1001 1002 604' "$(stat -c '%u %g %a' "$mnt/seq/0")"
  check_equal 'with one conventional file' '1 12582912' "$(find "$mnt/cnv" -type f | wc -l) $(stat -c %s "$mnt/cnv/0")"
  write_file "$mnt/seq/0"
  dd if=/run/data of="$mnt/cnv/0" bs=3M count=1 seek=3 oflag=seek_bytes conv=notrunc,fsync status=none
  by_kernel=$(listing)
  check 'kernel zonefs unmounts' umount "$mnt"
  check 'zonecopyfs mounts it' mount_ours "$disk"
  check_equal 'with the same files' "$by_kernel" "$(listing)"
  check 'and the data' same_data 0
  check 'and that of conventional files' cmp -n 3145728 -i 0:3 /run/data "$mnt/cnv/0"
  check 'and unmounts' unmount
  # A file system id of kernel zonefs comes from the UUID: the same super block gives the same.
  other=$(make_null_blk twin size=64 zone_size=4 zone_nr_conv=4 zone_capacity=3)
  mkfs.zonecopyfs -L 'a label, é' --uuid "$uuid" -o aggr_cnv,uid=1001,gid=1002,perm=0604 "$other" >/dev/null
  check 'the super block is the same again' cmp -n 4096 "$disk" "$other"
  long=$(printf 'x%.0s' {1..64})
  check 'a label of 64 bytes' mkfs.zonecopyfs -f -L "$long" "$other"
  check 'is mounted by kernel zonefs' mount_kernel "$other"
  umount "$mnt"
  # libblkid reads what fits: whether it shows all is its affair, the bytes are ours.
  check_equal 'and is on the disk' "$long" "$(dd if="$other" bs=1 skip=8 count=64 status=none)"
}

# Names, sizes, owners, permissions, inode numbers and blocks of everything.
listing() { (cd "$mnt" && find . -printf '%P %s %U %G %m %i %n %b\n' | sort); }

formatted_by_others() {
  local disk features
  disk=$(make_null_blk theirs size=64 zone_size=4 zone_nr_conv=4 zone_capacity=3)
  for features in '0' '1' '15 1001 1002 0604' '8 7 7 01777'; do
    # shellcheck disable=SC2086  # features and their values
    write_zonefs_super_block "$disk" ${features/ 0/ 0o}
    check "features $features: kernel zonefs mounts it" mount_kernel "$disk"
    truncate -s 0 "$mnt/seq/0"
    write_file "$mnt/seq/0"
    local by_kernel
    by_kernel=$(listing)
    umount "$mnt"
    check "features $features: zonecopyfs mounts it" mount_ours "$disk"
    check_equal "features $features: the files are the same" "$by_kernel" "$(listing)"
    check "features $features: and the data" same_data 0
    check "features $features: and is written" cp "$mnt/seq/0" "$mnt/seq/1"
    unmount
    mount_kernel "$disk"
    check "features $features: which kernel zonefs sees" same_data 0 1
    umount "$mnt"
  done
}

identified() {
  local disk plain
  disk=$(make_null_blk named size=32 zone_size=4)
  check 'formatted, its first zone sequential' mkfs.zonecopyfs -L tape --uuid "$uuid" "$disk"
  check_equal 'blkid: type, label; and uuid' "zonefs tape $uuid" "$(blkid_says "$disk" TYPE) $(blkid_says "$disk" LABEL) $(uuid_of "$disk")"
  check_equal 'the first zone is full' 1 "$(blkzone report -c 1 "$disk" | grep -c '(fu)')"
  check_fails 'mkfs does not overwrite it' mkfs.zonecopyfs "$disk"
  check 'nor has it' test "$(blkid_says "$disk" LABEL)" = tape
  check 'it is mounted' mount_ours "$disk"
  check_fails 'mkfs -f does not overwrite a mount' mkfs.zonecopyfs -f "$disk"
  check_fails 'nor does kernel zonefs mount it too' mount -t zonefs "$disk" "$mnt.kernel"
  unmount
  mount_kernel "$disk"
  check_fails 'mkfs -f does not overwrite a mount of kernel zonefs' mkfs.zonecopyfs -f "$disk"
  check_fails 'nor does zonecopyfs mount it too' zonecopyfs "$disk" "$mnt.kernel"
  umount "$mnt"
  plain=$(make_null_blk plain size=32 zoned=0)
  check_fails 'a disk without zones is not formatted' mkfs.zonecopyfs "$plain"
  check_fails 'nor mounted' mount_ours "$plain"
}

now_us() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }
seconds_since() { awk -v us="$(($(now_us) - $1))" 'BEGIN { printf "%.2f", us / 1e6 }'; }
daemon_kib() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(pgrep -x zonecopyfs)/status"; }
# What the kernel holds that it could not give back.
kernel_kib() {
  echo 3 >/proc/sys/vm/drop_caches
  awk '$1 == "SUnreclaim:" || $1 == "SReclaimable:" || $1 == "VmallocUsed:" { n += $2 } END { print n }' /proc/meminfo
}

# As many zones as a drive of 14 TB with zones of 256 MiB.
many_zones() {
  local disk small before start mounted listed kib optimised=$ZONECOPY_REPOSITORY/build/bench/bin kind
  # Memory of a build with a sanitizer says little, so another is used if it is not older.
  if [[ -z ${ZCTEST_BIN:-} && $optimised/zonecopyfs -nt $binaries/zonecopyfs ]]; then PATH=$optimised:$PATH; fi
  kind=$(dirname "$(command -v zonecopyfs)")
  disk=$(make_null_blk many size=$((52000 * 256)) zone_size=256 zone_nr_conv=520)
  small=$(make_null_blk few size=4 zone_size=1)
  check '52000 zones are formatted' mkfs.zonecopyfs "$disk"
  mkfs.zonecopyfs "$small" >/dev/null

  before=$(kernel_kib)
  start=$(now_us)
  check 'kernel zonefs mounts them' mount_kernel "$disk"
  mounted=$(seconds_since "$start")
  kib=$(($(kernel_kib) - before))
  start=$(now_us)
  check_equal 'and lists them' 51480 "$(find "$mnt/seq" -mindepth 1 -printf x | wc -c)"
  listed=$(seconds_since "$start")
  umount "$mnt"
  printf '        %-12s mounted in %5s s, listed in %5s s, %6d KiB of the kernel after the mount\n' 'zonefs' "$mounted" "$listed" "$kib"

  mount_ours "$small"
  before=$(daemon_kib)
  unmount
  start=$(now_us)
  check 'zonecopyfs mounts them' mount_ours "$disk"
  mounted=$(seconds_since "$start")
  kib=$(($(daemon_kib) - before))
  start=$(now_us)
  check_equal 'and lists them' 51480 "$(find "$mnt/seq" -mindepth 1 -printf x | wc -c)"
  listed=$(seconds_since "$start")
  printf '        %-12s mounted in %5s s, listed in %5s s, %6d KiB of the daemon after the mount (%d with 3 zones), %s\n' \
    'zonecopyfs' "$mounted" "$listed" "$kib" "$before" "$kind"
  check 'the last file is written' dd if=/run/data of="$mnt/seq/51479" bs=1M count=1 oflag=direct conv=notrunc status=none
  unmount
  mount_kernel "$disk"
  check 'and kernel zonefs sees it' cmp -n 1048576 /run/data "$mnt/seq/51479"
  umount "$mnt"
}

main "$@"
