#!/bin/bash
# fio writes and verifies sequential files: psync, libaio and io_uring, small blocks and 4 MiB ones.
# time-limit: 120
. "$(dirname "$0")/lib.sh"

need fio
zonecopy image create "$image" --size 256MiB --zone-size 32MiB >/dev/null
format
mount_image

fio_write() {
  local engine=$1 block=$2 depth=$3 file=$4 total=$5
  ok timeout 50 fio --name="$engine" --filename="$file" --ioengine="$engine" --rw=write --bs="$block" \
    --iodepth="$depth" --direct=1 --size="$total" --allow_file_create=0 --create_on_open=1 --fallocate=none \
    --verify=crc32c --do_verify=1 --verify_fatal=1 --thread --randseed=7
  is "size of $file after $engine $block" "$(size "$file")" "$(numfmt --from=iec "$total")"
}

fio_write psync 64K 1 "$mnt/seq/0" 8M
fio_write psync 4M 1 "$mnt/seq/1" 32M
fio_write libaio 4K 8 "$mnt/seq/2" 4M
fio_write libaio 4M 4 "$mnt/seq/3" 32M
fio_write io_uring 64K 8 "$mnt/seq/4" 8M
fio_write io_uring 4M 4 "$mnt/seq/5" 32M
