#!/bin/bash
# On XFS a copy of 256 MiB moves no data: filefrag shows the image's extents as shared, and no space is used.
. "$(dirname "$0")/lib.sh"

need filefrag xfs_io
mount_xfs
zonecopy image create "$image" --size 2GiB --zone-size 256MiB >/dev/null
format
mount_image copy=offload
ok xfs_io -d -c "pwrite -S 0x5a -b 4m 0 256m" "$mnt/seq/0"
sync -f "$image"
filefrag -v "$image" >before
grep -q shared before && fail "something is shared before any copy: $(cat before)"
used=$(stat -c %b "$image")

ok cp "$mnt/seq/0" "$mnt/seq/1"
is "offloaded" "$(counter bytes_offloaded)" $((256 << 20))
is "moved by the kernel" "$(counter bytes_kernel)" 0
is "emulated" "$(counter bytes_emulated)" 0
sync -f "$image"
filefrag -v "$image" >after
# Blocks of 4096 bytes, twice: of the source and of the copy.
shared=$(awk '/shared/ { sub(/:$/, "", $6); total += $6 } END { print total + 0 }' after)
((shared >= 2 * 65536)) || fail "only $shared blocks are shared: $(cat after)"
same "$mnt/seq/0" "$mnt/seq/1"
# A file's blocks count shared ones twice; what is used of the file system does not.
ok test "$(stat -c %b "$image")" -ge "$used"
free_before=$(stat -f -c %f "$tmp/xfs")
ok cp "$mnt/seq/0" "$mnt/seq/2"
sync -f "$image"
free_after=$(stat -f -c %f "$tmp/xfs")
((free_before - free_after < 1024)) || fail "a copy used $((free_before - free_after)) blocks of the file system"

# Written to one, the other stays; reset one, the other stays.
ok truncate -s 0 "$mnt/seq/0"
ok xfs_io -d -c "pwrite -S 0xa5 -b 4m 0 4m" "$mnt/seq/0"
cmp "$mnt/seq/1" "$mnt/seq/2" || fail "the copies are not equal any more"
is "first byte of a copy" "$(head -c 1 "$mnt/seq/1" | od -An -tx1 | tr -d ' ')" 5a
