#!/bin/bash
# Two devices in one mount of ours beside two mounts of the kernel's zonefs, on equal devices: a random sequence of operations for each
# device, both at once. On each everything is as on its device under the kernel's zonefs, whatever happens to the other one.
#
#   tests/vm/run several_duel
#   tests/vm/boot tests/vm/jobs/several_duel.sh SEED     one seed
#
# vm: --time-limit 900
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# The optimised programs where they are built: software emulation is slow.
programs=build/dev/bin
if [[ -x build/bench/bin/duel ]]; then programs=build/bench/bin; fi
programs=${ZONECOPY_PROGRAMS:-${ZCTEST_BIN:-$programs}}
operations=${ZONECOPY_OPERATIONS:-600}
log=/run/daemon.log

# Blocks, zones and limits differ from one device of the mount to the other.
geometry[0]='size=32 zone_size=2 zone_capacity=1 zone_max_open=4 zone_max_active=6'
geometry[1]='size=48 zone_size=4 zone_capacity=3 zone_max_open=0 zone_max_active=5 blocksize=512'

# Options are the mount's, so those of both devices; ro for good would leave nothing to compare.
options_of() {
  case $(($1 % 3)) in
    0) echo rw,errors=repair ;;
    1) echo rw,errors=zone-ro,explicit-open ;;
    *) echo rw,errors=zone-offline ;;
  esac
}

make_devices() {
  local number
  for number in 0 1; do
    # shellcheck disable=SC2086  # settings are words
    ours[number]=$(make_null_blk "ours$1_$number" zone_nr_conv=4 ${geometry[number]})
    # shellcheck disable=SC2086
    kernel[number]=$(make_null_blk "kernel$1_$number" zone_nr_conv=4 ${geometry[number]})
    "$programs/mkfs.zonecopyfs" -f --uuid 12345678-1234-1234-1234-123456789abc "${ours[number]}"
    mkdir -p "/run/kernel$number"
  done
  mkdir -p /run/ours
}

# one_side SEED NUMBER [ARGUMENT...]: the devices of that number in the two mounts
one_side() {
  local seed=$1 number=$2
  "$programs/duel" --shared --ours "${ours[number]}" "/run/ours/$number" --kernel "${kernel[number]}" "/run/kernel$number" \
    --faults "$(null_blk_folder "ours${seed}_$number")" "$(null_blk_folder "kernel${seed}_$number")" \
    --programs "$programs" --log "$log" --seed "$((seed * 2 + number))" --options "$(options_of "$seed")" \
    --operations "$operations" --minimise 0 "${@:3}"
}

compare() {
  local seed=$1 first second status=0
  make_devices "$seed"
  "$programs/zonecopyfs" "${ours[@]}" /run/ours -o "strict,$(options_of "$seed")" >>"$log" 2>&1
  one_side "$seed" 0 >/run/duel0 2>&1 &
  first=$!
  one_side "$seed" 1 >/run/duel1 2>&1 &
  second=$!
  wait "$first" || status=$?
  wait "$second" || status=$?
  cat /run/duel0 /run/duel1
  umount /run/ours || status=1
  return "$status"
}

# A lie about one device is found, and the comparison of the other one ends well.
finds_lie() {
  local status=0
  make_devices 9
  "$programs/zonecopyfs" "${ours[@]}" /run/ours -o "strict,$(options_of 9)" >>"$log" 2>&1
  operations=400 one_side 9 0 --canary "$1" --canary-from 20 || status=$?
  operations=200 one_side 9 1 || status=9
  umount /run/ours
  ((status == 1))
}

load_modules fuse zonefs
seeds=("$@")
if ((${#seeds[@]} == 0)); then
  seeds=(1 2)
  check "a lie about one of the devices is found" finds_lie content
fi
for seed in "${seeds[@]}"; do
  check "seed $seed" compare "$seed"
  grep -h ' times: ' /run/duel0 /run/duel1 || true
done
