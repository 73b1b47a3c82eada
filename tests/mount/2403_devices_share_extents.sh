#!/bin/bash
# A copy between two images on one XFS shares extents: filefrag shows it, and no space is used. From another file system
# it is the kernel that copies, and copy=offload refuses.
. "$(dirname "$0")/lib.sh"

need filefrag xfs_io
mount_xfs
first=$tmp/xfs/first.img second=$tmp/xfs/second.img elsewhere=$tmp/elsewhere.img
for path in "$first" "$second" "$elsewhere"; do
  zonecopy image create "$path" --size 256MiB --zone-size 64MiB >/dev/null
  mkfs.zonecopyfs "$path" >/dev/null
done
mkdir -p "$mnt"
ok zonecopyfs "$first" "$second" "$elsewhere" "$mnt" -o names=first:second:elsewhere

of_device() { getfattr --only-values -n "user.zonecopy.$2" "$mnt/$1"; }

ok xfs_io -d -c "pwrite -S 0x5a -b 4m 0 64m" "$mnt/first/seq/0"
sync -f "$first"
free_before=$(stat -f -c %f "$tmp/xfs")
ok cp "$mnt/first/seq/0" "$mnt/second/seq/0"
is "offloaded" "$(of_device second bytes_offloaded)" $((64 << 20))
is "by pair" "$(of_device second bytes_from)" "first: offloaded $((64 << 20)), kernel 0, emulated 0"
is "not by the source" "$(of_device first bytes_offloaded)" 0
sync -f "$first"
shared=$(filefrag -v "$second" | awk '/shared/ { sub(/:$/, "", $6); total += $6 } END { print total + 0 }')
((shared >= 16384)) || fail "only $shared blocks are shared: $(filefrag -v "$second")"
free_after=$(stat -f -c %f "$tmp/xfs")
((free_before - free_after < 1024)) || fail "the copy used $((free_before - free_after)) blocks"
same "$mnt/first/seq/0" "$mnt/second/seq/0"

# Reset one, the other stays.
ok truncate -s 0 "$mnt/first/seq/0"
is "first byte of the copy" "$(head -c 1 "$mnt/second/seq/0" | od -An -tx1 | tr -d ' ')" 5a

ok cp "$mnt/second/seq/0" "$mnt/elsewhere/seq/0"
is "offloaded to another file system" "$(of_device elsewhere bytes_offloaded)" 0
same "$mnt/second/seq/0" "$mnt/elsewhere/seq/0"
ok cp "$mnt/elsewhere/seq/0" "$mnt/first/seq/1"
is "from another file system: offloaded" "$(of_device first bytes_offloaded)" 0
[[ -n $(of_device first last_fallback) ]] || fail "nobody says why"
same "$mnt/second/seq/0" "$mnt/first/seq/1"
