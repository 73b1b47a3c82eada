#!/bin/bash
# cp between zone files goes by copy_file_range below the mount; so do cat's and xfs_io's copies. cp --reflink=always cannot, and says so.
. "$(dirname "$0")/lib.sh"

need cp xfs_io
make_and_mount ""
blocks 700 data
bytes=$((700 * 4096))
ok cp data "$mnt/seq/0"
# Where extents cannot be shared it is the kernel that copies.
below() { echo "$(($(counter bytes_offloaded) + $(counter bytes_kernel)))"; }
is "nothing copied yet" "$(below)" 0

ok cp --reflink=auto "$mnt/seq/0" "$mnt/seq/1"
same data "$mnt/seq/1"
is "copied below by cp --reflink=auto" "$(below)" "$bytes"
ok cp "$mnt/seq/0" "$mnt/seq/2"
same data "$mnt/seq/2"
is "copied below by cp" "$(below)" $((2 * bytes))
# Onto a full or written zone: O_TRUNC resets it first.
ok truncate -s 4M "$mnt/seq/2"
ok cp "$mnt/seq/1" "$mnt/seq/2"
same data "$mnt/seq/2"
is "copied below onto a full zone" "$(below)" $((3 * bytes))
ok cp --reflink=never "$mnt/seq/0" "$mnt/seq/3"
same data "$mnt/seq/3"
is "cp --reflink=never copies nothing below" "$(below)" $((3 * bytes))
is "nothing emulated" "$(counter bytes_emulated)" 0

refuses 1 "Operation not supported" cp --reflink=always "$mnt/seq/0" "$mnt/seq/3"
same data "$mnt/seq/0"

# xfs_io says what went wrong, but its exit status does not.
says() {
  local text=$1
  shift
  "$@" >"$tmp/out" 2>&1 || true
  grep -qF "$text" "$tmp/out" || fail "$*: expected '$text', got: $(cat "$tmp/out")"
}
ok xfs_io -c "copy_range -s 8192 -d 0 -l 65536 $mnt/seq/0" "$mnt/seq/4"
ok xfs_io -c "copy_range -s 0 -d 65536 -l 4096 $mnt/seq/0" "$mnt/seq/4"
{ tail -c +8193 data | head -c 65536; head -c 4096 data; } >expected
same expected "$mnt/seq/4"
says "Invalid argument" xfs_io -c "copy_range -s 0 -d 4096 -l 4096 $mnt/seq/0" "$mnt/seq/4"
# A range that is no whole block is taken, and dropped when xfs_io closes the file.
ok xfs_io -c "copy_range -s 0 -d 69632 -l 1000 $mnt/seq/0" "$mnt/seq/4"
says "File too large" xfs_io -c "copy_range -s 0 -d 4194304 -l 4096 $mnt/seq/0" "$mnt/seq/4"
same expected "$mnt/seq/4"

ok sh -c "cat '$mnt/seq/0' >'$mnt/seq/5'"
same data "$mnt/seq/5"
ok sh -c "cat '$mnt/seq/0' >>'$mnt/seq/4'"
cat data >>expected
same expected "$mnt/seq/4"

# A whole tree of zones out, and a file with a tail in.
mkdir outside
ok cp -r "$mnt/seq" outside
same data outside/seq/1
is "empty zones" "$(size outside/seq/9)" 0
head -c 10000 data >odd
refuses 1 "Input/output error" cp odd "$mnt/seq/6"
is "whole blocks of it" "$(size "$mnt/seq/6")" 8192
