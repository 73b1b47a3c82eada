#!/usr/bin/env python3
"""Users other than root: permissions of files and directories."""
from zonefs import *

need(seq=2)
fs = fresh()
write_direct(fs.seq(0), pattern(4096))
os.chmod(fs.seq(0), 0o604)
os.chown(fs.seq(1), 65534, 65534)


def as_user(function, *arguments):
    """What a call of user nobody does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writer, outcome(function, *arguments).encode())
        os._exit(0)
    os.waitpid(child, 0)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, reader)
        stack.callback(os.close, writer)
        return os.read(reader, 1000).decode()


row("list the root", "['seq']" if not device.cnv_files else "['cnv', 'seq']", as_user, lambda: sorted(os.listdir(fs.path)))
row("read what others may read", 4096, as_user, lambda: len(content(fs.seq(0))))
row("write what others may read", "EACCES", as_user, opens, fs.seq(0), O_WRONLY)
row("truncate what others may read", "EACCES", as_user, os.truncate, fs.seq(0), 0)
row("chmod of another's file", "EPERM", as_user, os.chmod, fs.seq(0), 0o666)
row("write an own file", 4096, as_user, write_direct, fs.seq(1), pattern(4096))
row("chmod of an own file", "done", as_user, done, os.chmod, fs.seq(1), 0o600)
row("chown of an own file", "EPERM", as_user, os.chown, fs.seq(1), 0, 0)
row("truncate an own file", "done", as_user, done, os.truncate, fs.seq(1), 0)
row("unlink an own file", "EACCES", as_user, os.unlink, fs.seq(1))
row("mkdir over a file", "EEXIST", as_user, os.mkdir, fs.seq(1))
row("rename over a file", "EACCES", as_user, os.rename, fs.seq(1), fs.seq(0))
