#!/bin/bash
# Device and mount point may be relative paths, links, and names with blanks.
. "$(dirname "$0")/lib.sh"

make_image
format
mkdir "a place"
mv image "an image"
ln -s "an image" link
for names in "an image:a place" "./an image:./a place" "link:a place"; do
  ok zonecopyfs "${names%:*}" "${names#*:}"
  ok test -f "a place/seq/0"
  grep -qF "$tmp/an\\040image $tmp/a\\040place fuse.zonecopyfs" /proc/mounts ||
    fail "mounted from $names, /proc/mounts has $(grep zonecopyfs /proc/mounts)"
  ok umount "a place"
done
