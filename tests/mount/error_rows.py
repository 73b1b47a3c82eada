"""What the tests of the errors= policies share: looking at a file after an error, and what each policy leads to."""
from zctest import *

POLICIES = ("remount-ro", "zone-ro", "zone-offline", "repair")


def outcome(policy, condition):
    """(mode, size kept, whole mount read-only) after a write error, by the table of zonefs.rst."""
    if condition == "offline" or policy == "zone-offline":
        mode, kept = 0, False
    elif condition == "read-only" or policy == "zone-ro":
        mode, kept = 0o440, True
    else:
        mode, kept = 0o640, True
    return mode, kept, policy == "remount-ro"


def examine(fs, path, fd, size, mode, read_only, data, what, sequential=True):
    """Checks a file after an error. `fd` was open for writing since before it."""
    state = os.stat(path)
    equal((oct(stat.S_IMODE(state.st_mode)), state.st_size), (oct(mode), size), f"{what}: mode and size")
    good = mode & 0o200
    # Reading, by the old descriptor and by new ones.
    for flags in (None, O_RDONLY | O_DIRECT, O_RDONLY):
        with contextlib.ExitStack() as stack:
            reader = fd if flags is None else stack.enter_context(opened(path, flags))
            if mode & 0o440:
                got = read_direct(reader, len(data), 0)
                same_bytes(got, data, f"{what}: read")
            else:
                refused("EPERM", read_direct, reader, 4096, 0)
    # Changing it.
    if read_only:
        refused("EROFS", os.open, path, O_WRONLY)
        refused("EROFS", os.truncate, path, 0)
        refused("EROFS", os.chmod, path, 0o600)
        refused("EROFS" if good else "EPERM", os.pwrite, fd, aligned(4096), size)
        if not good:
            refused("EPERM", os.ftruncate, fd, 0)
    elif good:
        os.close(os.open(path, O_WRONLY))
    else:
        refused("EPERM", os.open, path, O_WRONLY)
        refused("EPERM", os.pwrite, fd, aligned(4096), size)
        refused("EPERM", os.truncate, path, 0)
        refused("EPERM", os.ftruncate, fd, 0)
        refused("EPERM", os.chmod, path, 0o600)
        refused("EPERM", os.fsync, fd)
    # The others.
    other = fs.seq(5)
    if read_only:
        refused("EROFS", os.open, other, O_WRONLY)
        refused("EROFS", os.truncate, other, 0)
        refused("EROFS", os.unlink, other)
        refused("EROFS", os.utime, other, (1, 1))
        equal(content(other), b"", f"{what}: others can be read")
    else:
        equal(write_direct(other, pattern(4096)), 4096, f"{what}: others can be written")
