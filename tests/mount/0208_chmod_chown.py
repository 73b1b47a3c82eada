#!/usr/bin/env python3
"""chmod and chown: what is allowed; it lasts until unmount, through dropped caches, and never reaches the device."""
from zctest import *

image = Image(zones=4, conventional=2)
fs = image.mount()


def owner_and_mode(path):
    state = os.stat(path)
    return state.st_uid, state.st_gid, oct(stat.S_IMODE(state.st_mode))


for path in (fs.seq(0), fs.cnv(0)):
    for mode in (0o600, 0o777, 0, 0o7777, 0o4755, 0o640):
        os.chmod(path, mode)
        equal(owner_and_mode(path), (0, 0, oct(mode)))
    os.chown(path, 1000, -1)
    equal(owner_and_mode(path)[:2], (1000, 0))
    os.chown(path, -1, 1001)
    equal(owner_and_mode(path)[:2], (1000, 1001))
    with opened(path, O_RDONLY) as fd:
        os.fchmod(fd, 0o604)
        os.fchown(fd, 2, 3)
    equal(owner_and_mode(path), (2, 3, oct(0o604)))

for path in (fs.path, fs / "seq", fs / "cnv"):
    for mode in (0o755, 0o557, 0o575, 0o200, 0o777):
        refused("EPERM", os.chmod, path, mode)
    os.chmod(path, 0o500)
    equal(owner_and_mode(path), (0, 0, oct(0o500)))
    os.chmod(path, 0o555)
    os.chown(path, 5, 6)
    equal(owner_and_mode(path), (5, 6, oct(0o555)))

drop_caches()
equal(owner_and_mode(fs.seq(0)), (2, 3, oct(0o604)), "after caches were dropped")
equal(owner_and_mode(fs / "seq"), (5, 6, oct(0o555)), "after caches were dropped")

fs = fs.again()
for path in (fs.seq(0), fs.cnv(0)):
    equal(owner_and_mode(path), (0, 0, oct(0o640)), "after a new mount")
for path in (fs.path, fs / "seq"):
    equal(owner_and_mode(path), (0, 0, oct(0o555)), "after a new mount")
