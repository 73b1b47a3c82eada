#!/bin/bash
# mkfs.zonecopyfs --help and --version print and succeed at once, whatever follows.
. "$(dirname "$0")/lib.sh"

for option in --help -h --version; do
  ok mkfs.zonecopyfs $option
  [[ -s $tmp/out ]] || fail "$option prints nothing on standard output"
  is "$option on stderr" "$(cat "$tmp/err")" ""
  ok mkfs.zonecopyfs $option /no/such/device
  ok mkfs.zonecopyfs -f $option /no/such/device
done
ok mkfs.zonecopyfs --help
for word in -f -L -o aggr_cnv uid= gid= perm= --uuid; do
  grep -qF -- "$word" "$tmp/out" || fail "--help does not mention $word"
done
