#!/bin/bash
# mkfs.zonecopyfs tells the geometry and the format; with -v every zone.
. "$(dirname "$0")/lib.sh"

make_image --conventional 3
ok mkfs.zonecopyfs -L tape -o aggr_cnv,perm=600 "$image"
for word in tape 12 3 600; do
  grep -qF -- "$word" "$tmp/out" || fail "the summary does not tell $word: $(cat "$tmp/out")"
done
lines=$(wc -l <"$tmp/out")
ok mkfs.zonecopyfs -f -v "$image"
(($(wc -l <"$tmp/out") >= lines + 12)) || fail "-v does not print every zone: $(cat "$tmp/out")"
