#!/usr/bin/env python3
"""No space beneath and no active zone left refuse the write they meet; the mount stays writable, and status tells of them."""
from zctest import *


def status(fs):
    return json.loads(must("zonecopy", "status", fs.path, "--json").out)


for policy in ("remount-ro", "zone-ro", "zone-offline", "repair"):
    # The device has no more active zones.
    image = Image(max_active=1)
    fs = image.mount(f"errors={policy}")
    equal(status(fs)["last_error"], "")
    write_direct(fs.seq(0), pattern(4096))
    with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd:
        refused("EOVERFLOW", os.pwrite, fd, aligned(4096), 0)
        refused("EOVERFLOW", copy_paths, fs.seq(0), fs.seq(1), 4096)
        os.truncate(fs.seq(0), 0)
        equal(os.pwrite(fd, aligned(4096), 0), 4096, f"errors={policy}: once there is room")
    told = status(fs)
    equal((told["read_only"], told["read_only_reason"], told["read_only_since"]), (0, "", ""), f"errors={policy}")
    check("write" in told["last_error"] or "copy" in told["last_error"], f"last_error: {told['last_error']!r}")
    fs.unmount()

    # The file system beneath is full.
    small = os.path.join(TMP, f"small-{policy}")
    os.mkdir(small)
    must("mount", "-t", "tmpfs", "-o", "size=6M", "tmpfs", small)
    image = Image(directory=small)
    fs = image.mount(f"errors={policy}")
    for number, length in ((0, 4 * MIB), (1, MIB)):
        write_direct(fs.seq(number), pattern(length, number))
    with opened(fs.seq(2), O_RDWR | O_DIRECT) as fd:
        done = 0
        try:
            while done < 4 * MIB:
                done += os.pwrite(fd, aligned(4096, done), done)
        except OSError as error:
            equal(error.errno, errno.ENOSPC, f"errors={policy}: on a full store")
        check(done < 4 * MIB, "the store is not full: nothing is tested")
        equal(os.fstat(fd).st_size, done, "what was written counts")
        equal(status(fs)["read_only"], 0)
        os.truncate(fs.seq(0), 0)
        equal(os.pwrite(fd, aligned(4096, done), done), 4096, f"errors={policy}: once there is room")
    same_bytes(content(fs.seq(2)), b"".join(pattern(4096, at) for at in range(0, done + 4096, 4096)), "seq/2")
    same_bytes(content(fs.seq(1)), pattern(MIB, 1), "seq/1")
    fs.unmount()
    must("umount", small)

# Under strict the same is an error like any other, as with zonefs; and status says since when and why.
image = Image(max_active=1)
fs = image.mount("strict")
write_direct(fs.seq(0), pattern(4096))
with opened(fs.seq(1), O_RDWR | O_DIRECT) as fd:
    refused("EOVERFLOW", os.pwrite, fd, aligned(4096), 0)
    refused("EROFS", os.pwrite, fd, aligned(4096), 0)
told = status(fs)
equal(told["read_only"], 1)
check(told["read_only_reason"].startswith("errors=remount-ro: "), f"read_only_reason: {told['read_only_reason']!r}")
check(told["last_error"] and told["last_error"] in told["read_only_reason"], f"last_error: {told['last_error']!r}")
check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["read_only_since"]), f"read_only_since: {told['read_only_since']!r}")
fs.unmount(may_be_busy=True)
fs = image.mount("ro")
equal(status(fs)["read_only_reason"], "mount option ro")
fs.unmount()
