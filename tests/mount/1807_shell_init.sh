#!/bin/bash
# zonecopy shell-init: what it prints makes cp of an interactive shell do reflinks of zone files.
. "$(dirname "$0")/lib.sh"

need bash dash busybox
make_and_mount ""
blocks 100 data
ok cp data "$mnt/seq/0"
number=1
for shell in bash dash "busybox sh" zsh; do
  command -v "${shell%% *}" >/dev/null || continue
  for option in "" "--shell sh" "--shell bash" "--shell zsh"; do
    # shellcheck disable=SC2086  # words
    ok $shell -c "alias cp='cp -i'; eval \"\$(zonecopy shell-init $option)\"; cp --reflink=always $mnt/seq/0 $mnt/seq/$number"
    same data "$mnt/seq/$number"
    ok truncate -s 0 "$mnt/seq/$number"
  done
  number=$((number + 1))
done
# Arguments arrive as they are, and so does the status.
touch 'a b' '*'
mkdir 'c d'
zonecopy shell-init >init
ok bash -ec ". ./init; cp -- 'a b' '*' 'c d'; test -f 'c d/a b' -a -f 'c d/*'"
refuses 1 "cannot stat" bash -c ". ./init; cp no-such-file x"
# The program that has printed it is found again, whatever PATH says.
ok env PATH=/usr/bin:/bin bash -c "eval \"\$($ZCTEST_BIN/zonecopy shell-init)\"; cp --reflink=always $mnt/seq/0 $mnt/seq/7"
same data "$mnt/seq/7"

# SHELL says which; others are refused by name, and nothing is printed.
ok env SHELL=/bin/zsh zonecopy shell-init
ok env -u SHELL zonecopy shell-init
refuses 2 "fish" env SHELL=/usr/bin/fish zonecopy shell-init
is "printed for fish" "$(SHELL=/usr/bin/fish zonecopy shell-init 2>/dev/null)" ""
refuses 2 "csh" zonecopy shell-init --shell csh

# In a shell that is supervised itself cp needs no more, and stays what it is.
ok zonecopy run bash -c "eval \"\$(zonecopy shell-init)\"; cp --reflink=always $mnt/seq/0 $mnt/seq/8"
same data "$mnt/seq/8"
