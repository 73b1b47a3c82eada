# shellcheck shell=bash disable=SC2034  # what it sets is used by the scripts that source it
# Sourced by prepare, boot and run: where things are, and what a skip is. It runs on the host; lib.sh is its twin for the guest.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$vm_dir/../.." && pwd)

# Everything fetched or built is here and nowhere else, so that deleting this folder undoes prepare.
cache=$(realpath -m "${ZONECOPY_VM_CACHE:-$repository/build/vm}")
qemu_root=$cache/qemu
kernel_root=$cache/kernel
initramfs=$cache/initramfs.cpio
accelerator_file=$cache/accelerator

fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# A machine that cannot run the guest skips; continuous integration must not, or the tests could vanish without a word.
skip() {
  printf '%s: skipped: %s\n' "${0##*/}" "$1" >&2
  if [[ -n ${CI:-} ]]; then exit 1; fi
  exit 77
}

# Fills the array `qemu` with the command that starts the unpacked QEMU. It is not installed, so it must be told where its libraries and
# firmware are. `env` rather than a function, because timeout(1) can only run a command.
#
# QEMU 10 ends a Copy that failed before its first write with an accounting record that it never initialised, and aborts if that memory
# happens to hold the wrong bytes ("cookie->type < BLOCK_MAX_IOTYPE"). So glibc is told to fill new memory with ~255, that is zeros, which
# mean "no record"; its per-thread cache would hand out memory unfilled.
qemu_command() {
  qemu=(env GLIBC_TUNABLES=glibc.malloc.perturb=255:glibc.malloc.tcache_count=0
    "LD_LIBRARY_PATH=$qemu_root/usr/lib/x86_64-linux-gnu" "$qemu_root/usr/bin/qemu-system-x86_64"
    -L "$qemu_root/usr/share/qemu" -L "$qemu_root/usr/share/seabios")
}
