#!/usr/bin/env python3
"""A clone under `zonecopy run` that fails in the middle, as the disk below is full: all or nothing, where that can be."""
from zctest import *

RUN = ("zonecopy", "run", "--")
place = small_file_system(64 * MIB)
image = Image(zones=8, zone_size=8 * MIB, directory=place)
fs = image.mount()
data, old = pattern(8 * MIB), pattern(MIB, 2)
write_direct(fs.seq(0), data)
write_direct(fs.seq(1), old)
write_direct(fs.seq(2), old)


def fill(left):
    """Takes the room of the file system below but for `left` bytes."""
    with open(os.path.join(place, "filler"), "wb") as file:
        room = os.statvfs(place)
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_bsize - left)


fill(left=4 * MIB)
ended = run(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(3))
check(ended.status == 1 and "No space left" in ended.err, f"into an empty zone: {ended}")
equal((os.stat(fs.seq(3)).st_size, image.seq_zone(3).condition), (0, "empty"), "a zone that was empty is empty")
ended = run(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(1))
check(ended.status == 1 and "No space left" in ended.err, f"onto other data: {ended}")
equal((os.stat(fs.seq(1)).st_size, image.seq_zone(1).condition), (0, "empty"), "what O_TRUNC has emptied is empty")
# Behind other data blocks cannot be taken back; that data stays.
ended = run(*RUN, "xfs_io", "-c", f"reflink {fs.seq(0)} 0 {len(old)} {7 * MIB}", fs.seq(2))
check("No space left" in ended.err + ended.out, f"behind other data: {ended}")
with opened(fs.seq(2), O_RDONLY) as fd:
    same_bytes(os.pread(fd, len(old), 0), old, "the data before it")
equal(os.stat(fs.seq(2)).st_size, image.seq_zone(2).written, "the size is the write pointer")

os.unlink(os.path.join(place, "filler"))
succeeds(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(3))
same_bytes(content(fs.seq(3)), data, "with room")
