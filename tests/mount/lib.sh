# shellcheck shell=bash
# Sourced by the mount tests that are shell scripts: images, mounts and checks.
#
# A failed check prints what it found and the script goes on; `finish`, which runs at its end, makes the status of it.
# Nothing needs to be cleaned up: `run`, which starts every script, does it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Started by hand: have it done under supervision.
if [[ -z ${ZCTEST_TMP:-} ]]; then exec "$here/run" -v "$(basename "$0")"; fi

tmp=$ZCTEST_TMP
mnt=$tmp/mnt
image=$tmp/image
failures=0
mkdir -p "$mnt"
cd "$tmp" || exit 1

finish() {
  local status=$?
  if ((status == 77)); then exit 77; fi
  if ((status != 0)); then printf 'ended with status %d\n' "$status"; fi
  if ((status != 0 || failures > 0)); then exit 1; fi
}
trap finish EXIT

fail() {
  printf 'FAILED line %s: %s\n' "${BASH_LINENO[$((${#BASH_LINENO[@]} - 2))]}" "$1"
  failures=$((failures + 1))
}

skip() {
  printf '%s\n' "$1"
  exit 77
}

need() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "there is no $program"
  done
}

# make_image [OPTIONS of zonecopy image create]: 12 zones of 4 MiB unless told otherwise.
# shellcheck disable=SC2120  # scripts pass options
make_image() {
  rm -f "$image"
  zonecopy image create "$image" --size 48MiB --zone-size 4MiB "$@" >/dev/null || exit 1
}

# format [OPTIONS of mkfs]
# shellcheck disable=SC2120
format() { mkfs.zonecopyfs "$@" "$image" >/dev/null || exit 1; }

# mount_image [OPTIONS]: at $mnt.
mount_image() {
  if [[ -n ${1:-} ]]; then
    zonecopyfs "$image" "$mnt" -o "$1" || exit 1
  else
    zonecopyfs "$image" "$mnt" || exit 1
  fi
}

# The usual beginning: make_and_mount [MOUNT OPTIONS].
# shellcheck disable=SC2120
make_and_mount() {
  # shellcheck disable=SC2119
  make_image
  # shellcheck disable=SC2119
  format
  mount_image "${1:-}"
}

unmount_image() {
  local daemon
  daemon=$(pgrep -f "zonecopyfs $image $mnt") || true
  umount "$mnt" || exit 1
  # shellcheck disable=SC2086  # a list, if there is more than one
  python3 "$here/waiting.py" $daemon || fail "the daemon is still there"
}

# mount_xfs: a file system that shares extents, at $tmp/xfs; images are made there from now on.
mount_xfs() {
  need mkfs.xfs
  truncate -s 8G "$tmp/xfs.backing"
  mkfs.xfs -q -m reflink=1 "$tmp/xfs.backing"
  mkdir -p "$tmp/xfs"
  mount -o loop "$tmp/xfs.backing" "$tmp/xfs" || skip "XFS cannot be mounted here"
  image=$tmp/xfs/image
}

# blocks COUNT FILE: COUNT blocks of 4 KiB of random bytes.
blocks() { head -c "$(($1 * 4096))" /dev/urandom >"$2"; }

ok() { "$@" >"$tmp/out" 2>"$tmp/err" || fail "$* failed with status $?: $(cat "$tmp/err")"; }

# refuses STATUS TEXT COMMAND…: it has to fail with that status ("any" for any but 0) and TEXT on stderr.
refuses() {
  local wanted=$1 text=$2 status=0
  shift 2
  "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
  if ((status == 0)) || [[ $wanted != any && $wanted != "$status" ]]; then
    fail "$*: expected status $wanted, got $status: $(cat "$tmp/err")"
  elif ! grep -qiF -- "$text" "$tmp/err"; then
    fail "$*: expected '$text' on stderr, got: $(cat "$tmp/err")"
  fi
}

size() { stat -c %s "$1"; }

# is WHAT GOT EXPECTED
is() { [[ $2 == "$3" ]] || fail "$1: expected '$3', got '$2'"; }

# same FILE FILE
same() { cmp "$1" "$2" >"$tmp/out" 2>&1 || fail "contents differ: $(cat "$tmp/out")"; }

# counter NAME: one of the mount's user.zonecopy.* attributes.
counter() {
  python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "user.zonecopy." + sys.argv[2]).decode())' "$mnt" "$1"
}
