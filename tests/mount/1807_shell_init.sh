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

# What SHELL says does not matter, as it may be another shell that asks; --shell can be a path; others are refused by name,
# and nothing is printed.
for shell in /bin/zsh /usr/bin/fish ""; do
  is "printed for '$shell'" "$(SHELL=$shell zonecopy shell-init)" "$(cat init)"
done
ok env -u SHELL zonecopy shell-init
is "printed for a path" "$(zonecopy shell-init --shell /bin/bash)" "$(cat init)"
refuses 2 "csh" zonecopy shell-init --shell csh
is "printed for csh" "$(zonecopy shell-init --shell csh 2>/dev/null)" ""

# As zsh reads it: all of what is evaluated is read before any of it is carried out.
ok bash -c "shopt -s expand_aliases; alias cp='cp -i'
{ $(cat init)
}
cp --reflink=always $mnt/seq/0 $mnt/seq/9"
same data "$mnt/seq/9"

# Where zonecopy run is not possible cp stays what it is: here, where process numbers have no /proc.
ok unshare -pf bash -c "eval \"\$(zonecopy shell-init)\"; cp data other"
same data other

# In a shell that is supervised itself cp needs no more, and stays what it is.
ok zonecopy run bash -c "eval \"\$(zonecopy shell-init)\"; cp --reflink=always $mnt/seq/0 $mnt/seq/8"
same data "$mnt/seq/8"
