#!/bin/bash
# The zonefs suite on kernel zonefs and on zonecopyfs, on null_blk and scsi_debug devices of several geometries, and what differs.
#
#   zonefs_suite.sh [DEVICE[:PATTERN,...]]...     default: all, each with the part of the suite that its geometry is for
#
# Some four minutes of processor time; the limit is for a host that others use too.
# vm: --time-limit 900
. "${BASH_SOURCE[0]%/*}/../lib.sh"

suite=tests/parity/suite
results=/run/zonefs
binaries=${ZCTEST_BIN:-$ZONECOPY_REPOSITORY/build/dev/bin}

main() {
  local wanted=("$@") entry name patterns pairs=() part=()
  if (($#)); then part=(-p); fi
  if ((${#wanted[@]} == 0)); then
    wanted=(conv
      "seq:0104,0201,0203,0402,0405,0501,0605,0802,1001"
      "sectors:0202,0301,0401,0402,0403,0405,0406,0408,0701,0702,1001"
      "runt:0202,0203,0503"
      "scsi:0202,0402,0405,0602,0603,0701,0803,1001")
  fi
  mkdir -p "$results"
  load_modules zonefs fuse

  # All at once: most of the time each waits for something.
  for entry in "${wanted[@]}"; do
    name=${entry%%:*} patterns=''
    if [[ $entry == *:* ]]; then patterns=${entry#*:}; fi
    "devices_$name"
    # shellcheck disable=SC2086  # patterns are words
    run_on "$name" ${patterns//,/ } &
    pairs+=("$results/$name.kernel.json" "$results/$name.zonecopyfs.json")
  done
  wait
  for entry in "${wanted[@]}"; do cat "$results/${entry%%:*}".*.log; done

  cp "$results"/*.json "$VM_RESULTS"
  "$suite/compare" ${part[@]+"${part[@]}"} "${pairs[@]}"
}

# A device for each of the two, alike: kernel and ours.
two_null_blk() {
  kernel=$(make_null_blk "kernel_$1" "${@:2}")
  ours=$(make_null_blk "$1" "${@:2}")
}

# Four conventional zones, limits, a capacity below the zone size.
devices_conv() { two_null_blk conv size=64 zone_size=4 zone_capacity=3 zone_nr_conv=4 zone_max_open=4 zone_max_active=6; }
# The super block in a sequential zone, no limits.
devices_seq() { two_null_blk seq size=20 zone_size=2; }
devices_sectors() { two_null_blk sectors size=16 zone_size=2 zone_capacity=1 zone_nr_conv=3 blocksize=512; }
# The last zone is half as long as the others.
devices_runt() { two_null_blk runt size=15 zone_size=2 zone_nr_conv=2; }
# There is one disk only.
devices_scsi() {
  kernel=$(make_scsi_debug dev_size_mb=24 zone_size_mb=2 zone_nr_conv=3 zone_max_open=4)
  ours=$kernel
}

# run_on NAME [PATTERN...]: both side by side, or one after the other on the same device.
run_on() {
  local name=$1
  shift
  run_suite kernel "$kernel" "$name" "$@" &
  if [[ $kernel == "$ours" ]]; then wait; fi
  run_suite zonecopyfs "$ours" "$name" "$@"
  wait
}

# What is not as zonefs documents it is for the table to judge.
run_suite() {
  local status=0 started=$SECONDS
  /usr/bin/python3 "$suite/run" --mount "$1" --device "$2" --bin "$binaries" --json "$results/$3.$1.json" "${@:4}" \
    >"$results/$3.$1.log" 2>&1 || status=$?
  printf '%s on %s: status %d after %d s\n' "$1" "$3" "$status" "$((SECONDS - started))"
}

main "$@"
