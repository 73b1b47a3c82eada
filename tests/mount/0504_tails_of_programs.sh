#!/bin/bash
# cp, dd, cat and echo of what is no whole number of blocks: they fail and say so, the whole blocks are there, the log
# names the file once. With tail=pad they succeed.
. "$(dirname "$0")/lib.sh"

make_and_mount "log=$tmp/log"
blocks 50 data
head -c 150000 data >odd # 36 blocks and a tail
head -c $((36 * 4096)) data >whole

refuses 1 "Input/output error" cp odd "$mnt/seq/0"
same whole "$mnt/seq/0"
refuses any "Input/output error" sh -c "cat odd >'$mnt/seq/1'"
same whole "$mnt/seq/1"
refuses 1 "Input/output error" dd if=odd of="$mnt/seq/2" bs=64k
same whole "$mnt/seq/2"
is "log lines about seq/2" "$(grep -c 'seq/2: the last 2544 bytes are not written' "$tmp/log")" 1
is "files whose end was refused" "$(counter tails_refused)" 3
is "which was the last" "$(counter last_tail_refused)" "seq/2: 2544 bytes"

# Pieces that are no blocks, whose sum is whole blocks.
ok dd if=data of="$mnt/seq/3" bs=1000
same data "$mnt/seq/3"
ok dd if=data of="$mnt/seq/4" ibs=1000 obs=4096
same data "$mnt/seq/4"
mkfifo token
{ head -c 5000 data; read -r <token; tail -c +5001 data; } | cat >"$mnt/seq/5" &
writer=$!
until [[ $(size "$mnt/seq/5") == 5000 ]]; do :; done
echo >token
ok wait "$writer"
same data "$mnt/seq/5"
# conv=sync pads by itself.
ok dd if=odd of="$mnt/seq/6" bs=4096 conv=sync
is "padded" "$(size "$mnt/seq/6")" $((37 * 4096))
# A shell and its children close duplicates in the middle of a stream.
{ head -c 5000 data; tail -c +5001 data | head -c 10; tail -c +5011 data; } >"$mnt/seq/7" || fail "a group of commands"
same data "$mnt/seq/7"

# Larger than the zone.
blocks 1100 large
refuses 1 "File too large" cp large "$mnt/seq/9"
is "size of a full zone" "$(size "$mnt/seq/9")" $((4 << 20))
cmp -n $((4 << 20)) large "$mnt/seq/9" || fail "seq/9 is no prefix of what was copied"

ok mount.zonecopyfs "$image" "$mnt" -o remount,tail=pad
{ cat odd; head -c $((37 * 4096 - 150000)) /dev/zero; } >padded
for number in 0 1; do
  if ((number)); then ok sh -c "cat odd >'$mnt/seq/1'"; else ok cp odd "$mnt/seq/0"; fi
  is "size of seq/$number, at once" "$(size "$mnt/seq/$number")" $((37 * 4096))
  cmp padded "$mnt/seq/$number" || fail "seq/$number is not padded"
done
ok bash -c "echo hello >'$mnt/seq/8'"
is "after echo" "$(size "$mnt/seq/8")" 4096
is "nothing refused since" "$(counter tails_refused)" 3
