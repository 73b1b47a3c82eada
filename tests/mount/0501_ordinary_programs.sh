#!/bin/bash
# Programs that know nothing of zones fill a sequential file: cp, cat, tee, tar, dd, Python.
. "$(dirname "$0")/lib.sh"

need cp tar python3
make_and_mount ""
blocks 700 data

ok cp data "$mnt/seq/0"
same data "$mnt/seq/0"
ok cp --sparse=never --reflink=never data "$mnt/seq/1"
same data "$mnt/seq/1"
ok sh -c "cat data >'$mnt/seq/2'"
same data "$mnt/seq/2"
ok sh -c "tee '$mnt/seq/3' <data >/dev/null"
same data "$mnt/seq/3"
ok dd if=data of="$mnt/seq/4" bs=16k
same data "$mnt/seq/4"
ok sh -c "head -c $((700 * 4096)) data | dd of='$mnt/seq/5' ibs=1000 obs=8192"
same data "$mnt/seq/5"
ok python3 -c "
import shutil, sys
with open(sys.argv[1], 'rb') as source, open(sys.argv[2], 'wb') as target:
    shutil.copyfileobj(source, target)
shutil.copyfile(sys.argv[1], sys.argv[3])" data "$mnt/seq/6" "$mnt/seq/7"
same data "$mnt/seq/6"
same data "$mnt/seq/7"

# tar pads its archives to whole records: with -b 8 these are of 4096 bytes.
ok tar -cf "$mnt/seq/8" -b 8 data
ok tar -df "$mnt/seq/8"

# Onto a file that is not empty: O_TRUNC resets the zone first.
blocks 3 other
ok cp other "$mnt/seq/0"
same other "$mnt/seq/0"
ok sh -c ": >'$mnt/seq/1'"
is "size after : >" "$(size "$mnt/seq/1")" 0

# >> goes on at the write pointer.
for _ in 1 2 3; do ok sh -c "cat other >>'$mnt/seq/1'"; done
cat other other other >expected
same expected "$mnt/seq/1"

# And out again.
ok cp "$mnt/seq/2" back
same data back
ok sh -c "cat '$mnt/seq/2' '$mnt/seq/0' >back"
cat data other >expected
same expected back
