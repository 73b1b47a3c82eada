#!/bin/bash
# Proves the harness itself: that the devices are what boot was asked for, that traces count what happened, that a device can be pulled.
# Where this fails, no other job's result means anything.
#
# vm: --zns given,zone_capacity=12M,max_open=14,max_active=14,mssrl=256,mcl=1024,msrc=15,zasl=5
# vm: --zns second,on=given,zone_capacity=12M,mssrl=7,mcl=21,msrc=2
# vm: --zns default --zns none,mssrl=0,mcl=0,msrc=0 --nvm plain,size=64M,lba=512
# vm: --trace - --time-limit 180
. "${BASH_SOURCE[0]%/*}/../lib.sh"

main() {
  load_nvme
  copy_limits
  zoned_namespace
  copy_is_traced
  refused_copy_is_traced
  tracing_can_pause
  null_blk_and_zonefs
  scsi_debug_and_linear
  fuse_is_there
  unplugging
}

limits_of() { printf '%s %s %s\n' "$(identify "$1" mssrl)" "$(identify "$1" mcl)" "$(identify "$1" msrc)"; }

copy_limits() {
  check_equal 'copy limits are those given' '256 1024 15' "$(limits_of "$(nvme_char given)")"
  check_equal 'a second namespace of the controller has its own' '7 21 2' "$(limits_of "$(nvme_char given 2)")"
  check_equal "limits not given are QEMU's" '128 128 127' "$(limits_of "$(nvme_char default)")"
  check_equal 'limits can be zero' '0 0 0' "$(limits_of "$(nvme_char none)")"
}

zoned_namespace() {
  local block char
  block=$(nvme_block given) char=$(nvme_char given)
  check_equal 'the namespace is host-managed' host-managed "$(queue_limit "$block" zoned)"
  check_equal 'it has 32 zones' 32 "$(queue_limit "$block" nr_zones)"
  check_equal 'zone size and capacity, in sectors' 'len 0x008000, cap 0x006000' "$(blkzone report -c 1 "$block" | grep -o 'len.*cap 0x[0-9a-f]*')"
  check_equal 'open and active limits, less one' '0xd 0xd' "$(nvme zns id-ns "$char" | awk '$1 == "mar" || $1 == "mor" { print $3 }' | paste -sd ' ')"
  check_equal 'zone append limit' 5 "$(nvme zns id-ctrl "$char" | awk '$1 == "zasl" { print $3 }')"
  check_equal 'a conventional namespace is not zoned' none "$(queue_limit "$(nvme_block plain)" zoned)"
}

# In logical blocks: a zone begins every 4096. Source ranges are given out of order, to see that order is kept.
copy_is_traced() {
  local block char
  block=$(nvme_block given) char=$(nvme_char given)
  head -c 4M /dev/urandom >/run/data
  trace_mark
  check 'zone 0 is written' dd if=/run/data "of=$block" bs=1M oflag=direct
  check 'the write is traced' test "$(sum_trace pci_nvme_write nlb)" = 1024

  trace_mark
  check 'one Copy of four ranges to zone 1' nvme copy "$char" --format=0 --sdlba=4096 --slbs=768,512,256,0 --blocks=255,255,255,255
  check_equal 'exactly one Copy is traced' 1 "$(count_trace pci_nvme_copy)"
  check_equal 'with four ranges' '1 4' "$(count_trace pci_nvme_copy ' nr 4 format 0x0$') $(count_trace pci_nvme_copy_source_range)"
  check_equal 'and 1024 blocks' 1024 "$(sum_trace pci_nvme_copy_out nlb)"
  check_equal 'no data was read or written by the host' '0 0' "$(count_trace pci_nvme_read) $(count_trace pci_nvme_write)"

  dd if="$block" of=/run/copied bs=1M skip=16 count=4 iflag=direct status=none
  for piece in 3 2 1 0; do dd if=/run/data bs=1M skip=$piece count=1 status=none; done >/run/expected
  check 'the copied data is right' cmp /run/expected /run/copied
  trace_mark
  check_equal 'a mark starts a new count' 0 "$(count_trace pci_nvme_copy)"
}

tracing_can_pause() {
  local block
  block=$(nvme_block given)
  trace_mark
  check 'tracing stops' trace_switch off
  dd if="$block" of=/dev/null bs=64K count=1 iflag=direct status=none
  check_equal 'a command is not traced then' 0 "$(count_trace pci_nvme_read)"
  check 'tracing goes on' trace_switch on
  dd if="$block" of=/dev/null bs=64K count=1 iflag=direct status=none
  check_equal 'a command is traced then' 1 "$(count_trace pci_nvme_read)"
}

refused_copy_is_traced() {
  local char
  char=$(nvme_char given)
  trace_mark
  check_fails 'a Copy away from the write pointer is refused' nvme copy "$char" --format=0 --sdlba=8200 --slbs=0 --blocks=0
  check_equal 'and the refusal is traced' 1 "$(count_trace pci_nvme_err_write_not_at_wp)"
}

null_blk_and_zonefs() {
  local device
  device=$(make_null_blk zoned size=256 zone_size=16 zone_capacity=12 zone_nr_conv=4 zone_max_open=6 zone_max_active=8)
  check_equal 'null_blk has 16 zones' 16 "$(queue_limit "$device" nr_zones)"
  check_equal 'four of them conventional' 4 "$(blkzone report "$device" | grep -c CONVENTIONAL)"

  load_module zonefs
  mkdir -p /run/zonefs
  check 'a zonefs super block is written' write_zonefs_super_block "$device"
  check 'kernel zonefs mounts it' mount -t zonefs "$device" /run/zonefs
  check_equal 'with 3 conventional and 12 sequential files' '3 12' "$(find /run/zonefs/cnv -type f | wc -l) $(find /run/zonefs/seq -type f | wc -l)"
  check 'a sequential file can be written' dd if=/run/data of=/run/zonefs/seq/0 bs=64K count=1 oflag=direct conv=notrunc
  check_equal 'and grows' 65536 "$(stat -c %s /run/zonefs/seq/0)"
  check 'zonefs unmounts' umount /run/zonefs

  echo $((15 * 16 * 2048)) >"$(null_blk_folder zoned)/zone_readonly"
  check_equal 'a zone can be made read-only' 1 "$(blkzone report "$device" | grep -c 'zcond:13(ro)')"
}

scsi_debug_and_linear() {
  local disk part
  disk=$(make_scsi_debug dev_size_mb=128 zone_size_mb=8 zone_nr_conv=2)
  check_equal 'scsi_debug is host-managed' host-managed "$(queue_limit "$disk" zoned)"
  check_equal 'with 16 zones' 16 "$(queue_limit "$disk" nr_zones)"
  part=$(make_linear part "$disk" $((4 * 8 * 2048)) $((8 * 8 * 2048)))
  check_equal 'dm-linear over eight of them is zoned' 8 "$(queue_limit "$part" nr_zones)"
}

fuse_is_there() {
  load_module fuse
  check 'FUSE has its device' test -c /dev/fuse
}

unplugging() {
  local char
  char=$(nvme_char default)
  check "QEMU's monitor answers" qmp query-status
  check_fails 'and says when it cannot' qmp device_del '{"id":"nobody"}'
  check 'a controller is unplugged' unplug default
  check 'and goes' wait_for 20 unplugged default
  check_fails 'with its device' test -e "$char"
  check 'the others stay' test -c "$(nvme_char given)"
}

main
