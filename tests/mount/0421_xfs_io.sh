#!/bin/bash
# xfs_io and dd, the tools people try a zone file with.
. "$(dirname "$0")/lib.sh"

need xfs_io dd
make_and_mount ""
ok xfs_io -d -c "pwrite -S 0xab -b 64k 0 256k" "$mnt/seq/0"
is "size after pwrite" "$(size "$mnt/seq/0")" 262144
refuses any "Invalid argument" xfs_io -d -c "pwrite 0 4k" "$mnt/seq/0"
refuses any "Invalid argument" xfs_io -d -c "pwrite 256k 100" "$mnt/seq/0"
refuses any "File too large" xfs_io -d -c "pwrite 4m 4k" "$mnt/seq/0"
is "size after refused ones" "$(size "$mnt/seq/0")" 262144
ok xfs_io -d -c "pread -v 0 4k" "$mnt/seq/0"
ok xfs_io -c "truncate 0" "$mnt/seq/0"
ok xfs_io -c "truncate 4m" "$mnt/seq/0"
refuses any "Operation not permitted" xfs_io -c "truncate 1m" "$mnt/seq/0"

blocks 300 data
ok dd if=data of="$mnt/seq/1" bs=64k oflag=direct conv=notrunc,fsync
same data "$mnt/seq/1"
ok dd if="$mnt/seq/1" of=back bs=1M iflag=direct
same data back
ok dd if=data of="$mnt/seq/1" bs=4k oflag=direct,append conv=notrunc
is "size after an append" "$(size "$mnt/seq/1")" $((600 * 4096))
# O_TRUNC, without conv=notrunc, resets the zone first.
ok dd if=data of="$mnt/seq/1" bs=64k oflag=direct
same data "$mnt/seq/1"
