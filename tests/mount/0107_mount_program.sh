#!/bin/bash
# mount(8), umount(8) and fstab work with mount.zonecopyfs in /usr/sbin. Done in a mount name space of its own, with the
# helpers laid over /usr/sbin, so that the machine stays as it is.
. "$(dirname "$0")/lib.sh"

need unshare mount
grep -qw overlay /proc/filesystems || modprobe -q overlay || skip "there is no overlay file system"

make_image
format
mkdir upper work
helper=$(readlink -f "$ZCTEST_BIN/mount.zonecopyfs")
cp "$helper" upper/mount.zonecopyfs
ln -s mount.zonecopyfs upper/mount.fuse.zonecopyfs
cp "$ZCTEST_BIN/zonecopyfs" upper/
printf '%s %s zonecopyfs noauto,nofail,errors=repair,x-systemd.automount 0 0\n' "$image" "$mnt" >fstab

cat >inside <<'END'
sbin=$(readlink -f /sbin)
mount -t overlay overlay -o "lowerdir=$sbin,upperdir=$1/upper,workdir=$1/work" "$sbin" || exit 77
fail() { echo "FAILED inside: $1"; failed=1; }
entry() { grep " $1/mnt " /proc/mounts; }
failed=0

mount -t zonecopyfs "$1/image" "$1/mnt" -o errors=zone-ro,noatime || fail "mount -t"
[ -f "$1/mnt/seq/0" ] || fail "seq/0 is there"
entry "$1" | grep -q noatime || fail "noatime: $(entry "$1")"
mount -o remount,ro "$1/mnt" || fail "remount,ro"
entry "$1" | grep -q ' ro,' || fail "not read-only: $(entry "$1")"
mount -o remount,rw,errors=repair "$1/mnt" || fail "remount,rw"
entry "$1" | grep -q ' rw,' || fail "still read-only: $(entry "$1")"
umount "$1/mnt" || fail "umount"

mount -T "$1/fstab" "$1/mnt" || fail "mount from fstab"
[ -f "$1/mnt/seq/0" ] || fail "seq/0 is there, from fstab"
umount "$1/mnt" || fail "umount"

mount -t zonecopyfs "$1/image" "$1/mnt" -o errors=nonsense 2>"$1/err" && fail "a bad option mounted"
grep -q nonsense "$1/err" || fail "the bad option is not named: $(cat "$1/err")"
mount -t zonecopyfs -r "$1/image" "$1/mnt" || fail "mount -r"
entry "$1" | grep -q ' ro,' || fail "mount -r is not read-only: $(entry "$1")"
umount "$1/mnt" || fail "umount"
exit "$failed"
END
unshare -m --propagation private bash inside "$tmp"
status=$?
if ((status == 77)); then skip "overlays cannot be mounted here"; fi
is "status inside" "$status" 0
