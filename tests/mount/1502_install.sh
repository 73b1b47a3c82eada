#!/bin/bash
# What `cmake --install` puts where, with prefixes given only then; and that mount(8) works with it. Done in a mount name
# space of its own, with an overlay for /usr, so that the machine stays as it is.
# time-limit: 120
if [[ -n ${ZCTEST_TMP:-} && -z ${ZCTEST_INSIDE:-} ]] && command -v unshare >/dev/null; then
  ZCTEST_INSIDE=yes exec unshare -m --propagation private "$0"
fi
. "$(dirname "$0")/lib.sh"

need unshare mount cmake
grep -qw overlay /proc/filesystems || modprobe -q overlay || skip "there is no overlay file system"
build=$(dirname "$ZCTEST_BIN")
[[ -f $build/cmake_install.cmake ]] || skip "$ZCTEST_BIN is not in a build folder"
mkdir upper work
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$tmp/upper,workdir=$tmp/work" /usr || skip "overlays cannot be mounted here"
[[ $(readlink -f /sbin) == /usr/* ]] || skip "/sbin is not in /usr here"
make_image
format

helpers='mkfs.zonecopyfs mount.fuse.zonecopyfs mount.zonecopyfs umount.fuse.zonecopyfs umount.zonecopyfs'
# all_in FOLDER: the names in it, in one line.
all_in() { (cd "$1" 2>/dev/null && LC_ALL=C echo *); }

# A prefix of one's own: nothing outside, and one line that says how mount(8) finds it.
prefix=$tmp/opt
cmake --install "$build" --prefix "$prefix" >told || fail "cmake --install"
is "bin" "$(all_in "$prefix/bin")" "zonecopy zonecopyfs"
is "sbin" "$(all_in "$prefix/sbin")" "$helpers"
is "outside" "$(grep -c "Installing: /" told)" "$(grep -c "Installing: $prefix/" told)"
is "the hint" "$(grep -c "ln -s $prefix/sbin/\*.zonecopyfs /sbin/" told)" 1

# The helper finds its daemon, not one in PATH.
PATH=/usr/bin:/bin "$prefix/sbin/mount.zonecopyfs" -v "$image" "$mnt" >told || fail "mount by the helper of a prefix"
is "the daemon" "$(cut -d ' ' -f 1 told)" "$prefix/bin/zonecopyfs"
unmount_image

# Packages are made with DESTDIR.
stage=$tmp/stage
for prefix in /usr /usr/local; do
  DESTDIR=$stage cmake --install "$build" --prefix "$prefix" >told || fail "DESTDIR, $prefix"
  is "DESTDIR, $prefix: sbin" "$(all_in "$stage$prefix/sbin")" "$helpers"
  is "DESTDIR, $prefix: bin" "$(all_in "$stage$prefix/bin")" "zonecopy zonecopyfs"
  is "DESTDIR, $prefix: outside" "$(grep -c "Installing: /" told)" "$(grep -c "Installing: $stage/" told)"
  is "DESTDIR, $prefix: no hint" "$(grep -c 'ln -s' told)" 0
done
is "DESTDIR, /usr/local: links" "$(readlink "$stage/sbin/mount.zonecopyfs")" /usr/local/sbin/mount.zonecopyfs

cat >inside <<'END_INSIDE'
tmp=$1 build=$2
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
failed=0
fail() { echo "FAILED inside: $1"; failed=1; }
works() {
  local daemon
  mount -t zonecopyfs "$tmp/image" "$tmp/mnt" || { fail "$1: mount -t"; return; }
  daemon=$(pgrep -f "zonecopyfs $tmp/image $tmp/mnt") || fail "$1: no daemon"
  [[ $(readlink "/proc/$daemon/exe") == "$2" ]] || fail "$1: the daemon is $(readlink "/proc/$daemon/exe")"
  mount -o remount,ro "$tmp/mnt" || fail "$1: remount"
  grep -q " $tmp/mnt fuse.zonecopyfs ro," /proc/mounts || fail "$1: not ro"
  umount "$tmp/mnt" || fail "$1: umount"
  mkfs -t zonecopyfs -f "$tmp/image" >/dev/null || fail "$1: mkfs"
}
remove() { rm -rf /usr/sbin/*.zonecopyfs /usr/local/sbin/*.zonecopyfs /usr/local/bin/zonecopy* /usr/bin/zonecopy*; }

remove
cmake --install "$build" --prefix /usr/local >/dev/null || fail "install into /usr/local"
works /usr/local /usr/local/bin/zonecopyfs
cmake --install "$build" --prefix /usr/local >/dev/null || fail "install a second time"
works "/usr/local, again" /usr/local/bin/zonecopyfs
remove
cmake --install "$build" --prefix /usr >/dev/null || fail "install into /usr"
works /usr /usr/bin/zonecopyfs
remove
ln -s "$tmp"/opt/sbin/*.zonecopyfs /sbin/
works "a prefix with links" "$tmp/opt/bin/zonecopyfs"
exit "$failed"
END_INSIDE
bash inside "$tmp" "$build"
is "status inside" "$?" 0
