#!/usr/bin/env python3
"""zonecopy clone between folders of mounts: contents, ends, finished files; --resume, --force and --verify there; what is refused."""
from cloning import *
from zctest import *


def check_files(what):
    equal(contents_of(to), contents_of(fs), f"{what}: the files")


for directory in places():
    source, target = fill(disk(directory)), disk(directory)
    fs, to = source.mount("ro"), target.mount()
    told = clone(fs.path, to.path, "--plan")
    equal((told["jobs"], told["bytes"], contents_of(to)["seq/0"][0]), (3, 0, 0), "--plan")
    told = clone(fs.path, to.path, "--verify")
    equal((told["verified"], told["bytes"], told["uuid"]), (True, told["bytes_to_copy"], None))
    check_files(directory)
    equal(clone(fs.path, to.path, "--resume")["bytes"], 0, "all is there")

    # Files that an interrupted clone left: a beginning, nothing, and a conventional one in which two pieces are missing.
    os.truncate(to.seq(4), 0)
    os.truncate(to.seq(6), 0)
    write_direct(to.seq(6), content(fs.seq(6))[:64 * KIB])
    with opened(to.cnv(0), os.O_WRONLY) as fd:
        os.pwrite(fd, bytes(4096), MIB + 128 * KIB)
        os.pwrite(fd, bytes(4096), 3 * MIB - 64 * KIB)
    told = clone(fs.path, to.path, "--resume", "--verify")
    # Differences are found to 64 KiB.
    equal((told["bytes"], told["verified"]), (4 * MIB + os.stat(fs.seq(6)).st_size - 64 * KIB + 128 * KIB, True))
    check_files(f"{directory}, resumed")

    # Data that is in the way, which of a conventional file would be written over.
    for place in (128 * KIB, 2 * MIB):
        with opened(to.cnv(0), os.O_WRONLY) as fd:
            os.pwrite(fd, b"x", place)
        with unchanged(target.path):
            one_line(run("zonecopy", "clone", fs.path, to.path, "--resume"), 1, "cnv/0 holds other data")
        with opened(to.cnv(0), os.O_WRONLY) as fd:
            os.pwrite(fd, content(fs.cnv(0))[place:place + 1], place)
    os.truncate(to.seq(2), 0)
    write_direct(to.seq(2), pattern(8192, 77))
    one_line(run("zonecopy", "clone", fs.path, to.path, "--resume"), 1, "seq/2 holds other data")
    one_line(run("zonecopy", "clone", fs.path, to.path), 1, "cnv/0 and", "hold data", "--force")
    clone(fs.path, to.path, "--resume", "--force")
    check_files(f"{directory}, by force")
    to.unmount()

    # A mount with aggregated conventional zones has one file of them only.
    other = disk(directory)
    other.format("-f", "-o", "aggr_cnv")
    to = other.mount()
    one_line(run("zonecopy", "clone", fs.path, to.path), 1, "there is no zone for cnv/1", "1 conventional")
    fs.unmount()
    to.unmount()
    for image in (source, target, other):
        os.unlink(image.path)

# A mount that is read-only.
source, target = fill(disk()), disk()
fs, to = source.mount(), target.mount("ro")
ended = run("zonecopy", "clone", fs.path, to.path)
one_line(ended, 1, to.path, "Read-only")
check("--resume" not in ended.err, f"nothing has begun that goes on: {ended.err}")
to.unmount()
fs.unmount()

# Folders whose files are those of the source: nothing of it is touched.
source = fill(disk())
fs = source.mount()
before = contents_of(fs)
links = os.path.join(TMP, "links")
os.mkdir(links)
for kind in ("cnv", "seq"):
    os.symlink(os.path.join(fs.path, kind), os.path.join(links, kind))
for options in ((), ("--force",), ("--resume",)):
    one_line(run("zonecopy", "clone", fs.path, links, *options), 1, links, "the same file as", fs.path)
equal(contents_of(fs), before, "the source")
fs.unmount()
