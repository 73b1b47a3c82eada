#!/bin/bash
# One random sequence of operations on two mounts, ours and the kernel's zonefs, on equal devices: answers, attributes, content, counters and
# zones are the same, but for what tests/parity/duel/known_differences.cpp lists.
#
#   tests/vm/run duel
#   tests/vm/boot tests/vm/jobs/duel.sh SEED [ARGUMENT...]     one seed, with arguments for build/*/bin/duel
#
# vm: --time-limit 800
. "${BASH_SOURCE[0]%/*}/../lib.sh"

# The optimised programs where they are built: software emulation is slow.
programs=build/dev/bin
if [[ -x build/bench/bin/duel ]]; then programs=build/bench/bin; fi
programs=${ZONECOPY_PROGRAMS:-${ZCTEST_BIN:-$programs}}
operations=${ZONECOPY_OPERATIONS:-3000}
log=/run/daemon.log

# Of each seed: what its devices are, mkfs' features, mount options; five kinds in turn. All have 4 conventional zones.
kind_of() { echo $((($1 - 1) % 5 + 1)); }
device_of() {
  case $(kind_of "$1") in
    1) echo 'size=32 zone_size=2 zone_capacity=1 zone_max_open=4 zone_max_active=6' ;;
    2) echo 'size=48 zone_size=4 zone_capacity=3 zone_max_open=3 zone_max_active=0' ;;
    3) echo 'size=32 zone_size=2 zone_capacity=1 zone_max_open=0 zone_max_active=0 blocksize=512' ;;
    4) echo 'size=32 zone_size=2 zone_max_open=2 zone_max_active=4 blocksize=512' ;;
    *) echo 'size=48 zone_size=4 zone_capacity=3 zone_max_open=0 zone_max_active=5' ;;
  esac
}
features_of() { if (($(kind_of "$1") == 4)); then echo aggr_cnv,uid=1000,perm=664; fi; }
options_of() {
  case $(kind_of "$1") in
    1) echo rw ;;
    2) echo rw,explicit-open,errors=repair ;;
    3) echo rw,errors=zone-ro ;;
    4) echo rw,explicit-open,errors=zone-offline ;;
    *) echo rw,explicit-open ;;
  esac
}

# compare SEED [ARGUMENT...]
compare() {
  local seed=$1 settings arguments features
  shift
  read -ra settings <<<"$(device_of "$seed")"
  if [[ ! -d $(null_blk_folder "ours$seed") ]]; then
    make_null_blk "ours$seed" zone_nr_conv=4 "${settings[@]}" >"/run/ours$seed.device"
    make_null_blk "kernel$seed" zone_nr_conv=4 "${settings[@]}" >"/run/kernel$seed.device"
  fi
  mkdir -p /run/ours /run/kernel
  arguments=(--ours "$(<"/run/ours$seed.device")" /run/ours --kernel "$(<"/run/kernel$seed.device")" /run/kernel
    --faults "$(null_blk_folder "ours$seed")" "$(null_blk_folder "kernel$seed")"
    --programs "$programs" --log "$log" --seed "$seed" --options "$(options_of "$seed")" --operations "$operations")
  features=$(features_of "$seed")
  if [[ -n $features ]]; then arguments+=(--features "$features"); fi
  "$programs/duel" "${arguments[@]}" "$@"
}

# Each kind of lie about ours has to be found: status 1, not 2, which is what a comparison that cannot be made ends with.
finds_lies() {
  local kind
  for kind in result error data words size mode counters content zones; do check "a lie about $kind is found" finds_lie "$kind"; done
}

finds_lie() {
  local status=0
  operations=400 compare 1 --canary "$1" --canary-from 20 --minimise 0 || status=$?
  ((status == 1))
}

load_modules fuse zonefs
if (($#)); then
  compare "$@" || {
    tail -n 40 "$log"
    exit 1
  }
  exit 0
fi
finds_lies
for seed in 1 2 3 4 5; do
  check "seed $seed" compare "$seed"
  grep ' times: ' "$check_log" || true
done
