# shellcheck shell=bash
# Sourced by jobs, in the guest: checks, devices, traces, and QEMU's monitor.
#
# Nothing here cleans up, and jobs need not either: the guest is thrown away when the job ends.
set -Eeuo pipefail
trap 'printf "%s line %d: status %d of: %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" "$?" "$BASH_COMMAND" >&2' ERR # why a job stopped
shopt -s inherit_errexit # else a failure inside $(...) goes unnoticed

export DM_DISABLE_UDEV=1 # no udev here: dmsetup makes its device nodes itself

# --- checks -----------------------------------------------------------------------------------------------------------------------------

checks_failed=0
check_log=/run/check.log

# check NAME COMMAND...       passes if the command succeeds. A function as command may set variables, but errexit is off in it.
check() {
  local name=$1
  shift
  if "$@" >"$check_log" 2>&1; then passed "$name"; else failed "$name" "status $? of: $*"; fi
}

# check_fails NAME COMMAND... passes if the command fails
check_fails() {
  local name=$1
  shift
  if "$@" >"$check_log" 2>&1; then failed "$name" "no failure of: $*"; else passed "$name"; fi
}

# check_equal NAME EXPECTED ACTUAL
check_equal() {
  : >"$check_log"
  if [[ $2 == "$3" ]]; then passed "$1"; else failed "$1" "expected \"$2\", got \"$3\""; fi
}

passed() { printf 'ok      %s\n' "$1"; }

failed() {
  printf 'FAILED  %s: %s\n' "$1" "$2"
  sed 's/^/        | /' "$check_log"
  checks_failed=$((checks_failed + 1))
}

# Checks do not stop the job, but no job ends well after a failed one. (A job with an EXIT trap of its own must call this in it.)
end_of_job() {
  local status=$?
  if ((checks_failed)); then
    printf '%d checks failed\n' "$checks_failed"
    if ((status == 0 || status == 77)); then status=1; fi
  fi
  exit "$status"
}
trap end_of_job EXIT

# wait_for SECONDS COMMAND... until it succeeds; it is tried once more when the time is over
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > deadline)); then
      printf 'waited in vain for: %s\n' "$*" >&2
      return 1
    fi
    sleep 0.05
  done
}

# --- devices ----------------------------------------------------------------------------------------------------------------------------

# The host's /etc/modprobe.d is visible here but must not decide what a test sees.
load_module() { modprobe -C /dev/null "$@"; }

load_modules() {
  local module
  for module in "$@"; do load_module "$module"; done
}

# QEMU's controllers announce that they can share namespaces, so the kernel makes multipath heads, as it does for a dual-port drive. A job
# that wants each namespace to be its controller's own, as on a single-port drive, first calls `load_module nvme_core multipath=N`.
load_nvme() { load_module nvme; }

# nvme_controller NAME: the controller's name in the kernel (nvme0); NAME is what boot --zns was given. The kernel numbers controllers as
# they answer, so a number says nothing.
nvme_controller() {
  local folder serial
  for folder in /sys/class/nvme/nvme*; do
    [[ -e $folder/serial ]] || continue
    read -r serial <"$folder/serial"
    if [[ $serial == "$1" ]]; then
      basename "$folder"
      return
    fi
  done
  return 1
}

# nvme_block NAME [NSID] and nvme_char NAME [NSID] print the block device (/dev/nvme0n1) and the passthrough device (/dev/ng0n1) of a
# namespace, and wait for it.
nvme_block() {
  wait_for 20 nvme_namespace "$@" || return
  printf '/dev/%s\n' "$(nvme_namespace "$@")"
}

nvme_char() {
  local block
  block=$(nvme_block "$@") || return
  printf '%s\n' "${block/nvme/ng}"
}

nvme_namespace() {
  local folder nsid name
  for folder in "/sys/class/nvme/$(nvme_controller "$1")"/nvme*n*; do
    [[ -e $folder/nsid ]] || continue
    read -r nsid <"$folder/nsid"
    [[ $nsid == "${2:-1}" ]] || continue
    # A path below a multipath head is named nvme0c0n1, the head nvme0n1. Only the latter has nodes in /dev.
    name=$(basename "$folder" | sed 's/c[0-9]*n/n/')
    if [[ -b /dev/$name && -c /dev/${name/nvme/ng} ]]; then
      printf '%s\n' "$name"
      return
    fi
  done
  return 1
}

# identify CHARACTER_DEVICE FIELD: a number of Identify Namespace (mssrl, mcl, msrc, nsze...)
identify() { nvme id-ns "$1" -o json | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }

# make_null_blk NAME [KEY=VALUE...] prints the new device. Keys are those of null_blk's configfs folder; sizes are MiB, and size is the sum of
# all zones. To make a zone read-only or offline afterwards, write one of its sectors to null_blk_folder's zone_readonly or zone_offline.
make_null_blk() {
  local name=$1 folder setting
  folder=$(null_blk_folder "$name")
  shift
  [[ -d /sys/module/null_blk ]] || load_module null_blk nr_devices=0
  mkdir "$folder"
  for setting in memory_backed=1 zoned=1 blocksize=4096 size=256 zone_size=16 "$@"; do
    printf '%s' "${setting#*=}" >"$folder/${setting%%=*}"
  done
  echo 1 >"$folder/power"
  if [[ -b /dev/$name ]]; then printf '/dev/%s\n' "$name"; else printf '/dev/nullb%s\n' "$(<"$folder/index")"; fi
}

null_blk_folder() { printf '/sys/kernel/config/nullb/%s\n' "$1"; }

# make_scsi_debug [PARAMETER=VALUE...] prints the disk. There is one set of parameters: the module's.
make_scsi_debug() {
  load_modules sd_mod
  load_module scsi_debug zbc=host-managed "$@"
  wait_for 20 scsi_debug_disk || return
  scsi_debug_disk
}

scsi_debug_disk() {
  local folder
  for folder in /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*/block/sd*; do
    if [[ -b /dev/$(basename "$folder") ]]; then
      printf '/dev/%s\n' "$(basename "$folder")"
      return
    fi
  done
  return 1
}

# make_linear NAME DEVICE FIRST_SECTOR SECTORS prints a dm-linear device over a part of another (whole zones of a zoned one)
make_linear() {
  load_module dm_mod
  dmsetup create "$1" --table "0 $4 linear $2 $3"
  printf '/dev/mapper/%s\n' "$1"
}

# queue_limit DEVICE NAME: what the kernel says of a block device (zoned, nr_zones, max_open_zones...). A multipath head of NVMe does not pass on
# its open and active limits; they are 0 there.
queue_limit() {
  local major minor
  # By number, because a device mapper's node is not named as its folder.
  read -r major minor < <(stat -L -c '%t %T' "$1")
  cat "/sys/dev/block/$((16#$major)):$((16#$minor))/queue/$2"
}

# write_zonefs_super_block DEVICE [FEATURES [UID GID PERM]] formats like mkzonefs, which Debian does not have: a super block in the first
# sector, all else zero. FEATURES: 1 aggregate conventional zones, 2 uid, 4 gid, 8 permissions. A sequential first zone is reset before.
write_zonefs_super_block() {
  blkzone reset -o 0 -c 1 "$1" 2>/dev/null || true # conventional zones cannot be, and need not
  /usr/bin/python3 - "$@" <<'PYTHON'
import mmap, os, struct, sys, zlib

device = sys.argv[1]
features, uid, gid, perm = [int(text, 0) for text in sys.argv[2:]] + [0, 0, 0, 0o640][len(sys.argv) - 2:]

block = bytearray(4096)
struct.pack_into("<I4x64s16sQIII", block, 0, 0x5A4F4653, b"", bytes(range(16)), features, uid, gid, perm)
# The checksum is CRC-32 without the final inversion, over the block with a checksum of zero.
struct.pack_into("<I", block, 4, zlib.crc32(block) ^ 0xFFFFFFFF)

aligned = mmap.mmap(-1, len(block))  # direct I/O wants aligned memory, and a sequential zone wants direct I/O
aligned.write(block)
fd = os.open(device, os.O_WRONLY | os.O_DIRECT | os.O_SYNC)
if os.pwrite(fd, aligned, 0) != len(block):
    sys.exit("short write of the super block")
PYTHON
}

# --- traces: what QEMU saw --------------------------------------------------------------------------------------------------------------

# Counts are the emulated device's word, not the program's under test. QEMU writes an event before it completes the command, and this side
# of the trace is not cached: what has completed can be counted.

trace_start=0

# trace_mark: count from here
trace_mark() { trace_start=$(stat -c %s "$VM_TRACE"); }

trace_since_mark() { tail -c "+$((trace_start + 1))" "$VM_TRACE"; }

# count_trace EVENT [REGEX]: how often since the mark; only events whose text matches REGEX. For example
#   count_trace pci_nvme_copy                                         Copy commands
#   count_trace pci_nvme_io_cmd 'NVME_ZONED_CMD_ZONE_APPEND'          zone appends
count_trace() { trace_since_mark | awk -v event="$1" -v regex="${2:-}" '$1 == event && $0 ~ regex { n++ } END { print n + 0 }'; }

# sum_trace EVENT FIELD: the sum of a number that stands after a word, for example `sum_trace pci_nvme_copy_out nlb`: blocks copied
sum_trace() {
  trace_since_mark | awk -v event="$1" -v field="$2" '$1 == event { for (i = 2; i < NF; i++) if ($i == field) n += $(i + 1) } END { print n + 0 }'
}

# --- QEMU's monitor ---------------------------------------------------------------------------------------------------------------------

# qmp COMMAND [ARGUMENTS]: sends one command, its arguments as JSON, to the QEMU that runs this guest; prints the reply, fails if it is an
# error. The guest has the monitor at a port of its own, so nothing on the host need watch for requests.
qmp() {
  local port line id=$SRANDOM
  exec {port}<>"$VM_QMP"
  # Repeated in each session, since the monitor does not say whether it was done; a repetition is refused, without harm.
  printf '{"execute":"qmp_capabilities"}\n{"execute":"%s","arguments":%s,"id":%d}\n' "$1" "${2:-{\}}" "$id" >&"$port"
  while read -r -t 20 line <&"$port"; do # also events, and replies of other sessions
    if [[ $line == *'"id": '"$id"[!0-9]* ]]; then break; fi
    line=''
  done
  exec {port}>&-
  printf '%s\n' "$line"
  [[ $line == *'"return"'* ]]
}

# unplug NAME: removes the NVMe controller NAME from the machine, as a pulled drive. Returns at once; see unplugged.
unplug() { qmp device_del "{\"id\":\"$1\"}" >/dev/null; }

# unplugged NAME, for example `wait_for 20 unplugged zns0`
unplugged() { ! nvme_controller "$1" >/dev/null; }

# trace_switch on|off: stop tracing, or go on with what boot was told to trace. For measurements that must not pay for it.
trace_switch() {
  local enable=false event events
  if [[ $1 == on ]]; then enable=true; fi
  read -ra events <<<"$VM_TRACE_EVENTS"
  for event in "${events[@]}"; do qmp trace-event-set-state "{\"name\":\"$event\",\"enable\":$enable}" >/dev/null || return; done
}
