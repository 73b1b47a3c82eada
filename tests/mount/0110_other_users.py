#!/usr/bin/env python3
"""A mount made by root is there for all users, within the files' permissions."""
from zctest import *

image = Image(mkfs=("-o", "uid=65534,perm=600"))
fs = image.mount()


def owner():
    equal(sorted(os.listdir(fs.path)), ["seq"])
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        equal(os.pwrite(fd, aligned(4096), 0), 4096)
        equal(read_direct(fd, 4096, 0), pattern(4096))
    os.truncate(fs.seq(0), 0)
    refused("EACCES", os.open, os.path.join(fs.path, "seq/new"), O_CREAT | O_RDWR)
    refused("EACCES EPERM", os.unlink, fs.seq(0))
    os.chmod(fs.seq(0), 0o640)
    refused("EPERM", os.chown, fs.seq(0), 0, 0)


as_nobody(owner)
fs.unmount()

fs = Image().mount()


def stranger():
    equal(len(os.listdir(fs / "seq")), 11)
    refused("EACCES", os.open, fs.seq(0), O_RDONLY)
    refused("EACCES", os.open, fs.seq(0), O_WRONLY)
    refused("EACCES", os.truncate, fs.seq(0), 0)
    refused("EPERM", os.chmod, fs.seq(0), 0o777)
    refused("EPERM", os.utime, fs.seq(0), (1, 1))


as_nobody(stranger)
os.chmod(fs.seq(0), 0o644)
as_nobody(lambda: os.close(os.open(fs.seq(0), O_RDONLY)))
