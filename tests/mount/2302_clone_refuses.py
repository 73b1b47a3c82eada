#!/usr/bin/env python3
"""What zonecopy clone refuses, each with one line that says what to do, and nothing written: wrong usage, wrong sides, data that is in the way."""
from cloning import *
from zctest import *


def refuses(status, *words, options=(), sides=None):
    command = ["zonecopy", "clone", *options, *(sides or (source.path, target.path))]
    with unchanged(source.path, target.path):
        one_line(run(*command), status, *words)
        ended = run(*command, "--json")
        equal(ended.status, status, "--json")
        if status == 1:
            check(json.loads(ended.out)["errno"], "the errno in JSON")


source, target = fill(disk()), empty_disk()

# Wrong usage.
refuses(2, "DESTINATION", sides=(source.path,))
refuses(2, "--jobs is 0", options=("--jobs", "0"))
refuses(2, "--jobs is 65", options=("--jobs", "65"))
refuses(1, "--jobs is 4", "3 zones", options=("--jobs", "4"))
refuses(2, "no number", options=("--jobs", "many"))
refuses(2, "--verify", options=("--plan", "--verify"))

# Sides that are none, are the same, or are in use.
link, hard = os.path.join(TMP, "link"), os.path.join(TMP, "hard")
os.symlink(source.path, link)
os.link(source.path, hard)
for same in (source.path, link, hard):
    refuses(1, "the same device", sides=(source.path, same))
plain = file_with("plain", bytes(MIB))
refuses(1, plain, sides=(plain, target.path))
refuses(1, plain, sides=(source.path, plain))
refuses(1, "No such file", sides=(source.path, os.path.join(TMP, "nothing")))
refuses(1, "two folders of mounts", sides=(source.path, TMP))
refuses(1, "no zone files", sides=(TMP, TMP + "/.."))
fs = source.mount()
one_line(run("zonecopy", "clone", source.path, target.path), 1, "mounted at", fs.path, "unmount")
one_line(run("zonecopy", "clone", target.path, source.path), 1, "mounted at", fs.path)
one_line(run("zonecopy", "clone", fs.path, fs.path + "/seq/.."), 1, "the same folder")
fs.unmount()

# Destinations that do not fit.
for other, words in (({"block": 512}, ("its blocks have 512 bytes",)), ({"zones": 8}, ("there is no zone for zone 8", "larger")),
                     ({"zone_size": 2 * MIB, "zones": 40}, ("splits no zone", "zonecopy copy")),
                     ({"conventional": 2}, ("there is no zone for zone 2", "1 conventional")),
                     ({"max_active": 2, "max_open": 2}, ("3 zones", "allows 2", "finish"))):
    target = empty_disk(**other)
    refuses(1, *words)
    os.unlink(target.path)

# Data that is in the way.
target = empty_disk()
must("zonecopy", "copy", file_with("data", pattern(MIB)), f"{target.path}#12")
refuses(1, "zone 12 holds data", "--resume", "--force")
refuses(1, "zone 12 holds other data than the source", "--resume --force", options=("--resume",))
clone(source.path, target.path, "--force")
check_same(source, target, "--force")
target = empty_disk()
target.format("-L", "another")
refuses(1, "existing filesystem (zonefs)", "--force")
refuses(1, "zone 0 holds something else", "--force", options=("--resume",))
clone(source.path, target.path, "--resume", "--force")
check_same(source, target, "--resume --force")

# What --resume may not take for its own: another file system in the conventional zones alone, or one without a label.
need_program("mkfs.btrfs")
source, target = Image(zones=5, zone_size=32 * MIB, conventional=4), Image(zones=5, zone_size=32 * MIB, conventional=4, formatted=False)
btrfs = file_with("btrfs", b"")
os.truncate(btrfs, 4 * 32 * MIB)
must("mkfs.btrfs", "-q", btrfs)
must("dd", f"if={btrfs}", f"of={target.path}", "bs=1M", f"seek={os.stat(target.path).st_size // MIB - 5 * 32}", "conv=notrunc,sparse", "status=none")
said = run("zonecopy", "clone", source.path, target.path)
check("btrfs" in said.err and "--resume" not in said.err, said)
refuses(1, "btrfs", "--force", options=("--resume",))
source, target = Image(zones=16, conventional=3), Image(zones=16, conventional=3)
fs = target.mount()
with opened(fs.cnv(0), os.O_WRONLY) as fd:
    os.pwrite(fd, pattern(4096), MIB)
fs.unmount()
refuses(1, "zone 1 holds other data than the source", "--resume --force", options=("--resume",))
refuses(1, "zone 1 holds other data than the source", "--resume --force", options=("--resume", "--same-uuid"))

# One file of all conventional zones has its length.
source, target = Image(zones=16, conventional=3, mkfs=("-o", "aggr_cnv")), Image(zones=16, conventional=5, formatted=False)
refuses(1, "aggr_cnv", "would be longer")

# Zones that cannot be read, or written.
bad = fill(disk())
bad.set_zone(9, "offline")
bad.set_zone(8, "read-only")
source, target = bad, empty_disk()
refuses(1, "zone 8: it is read-only", "--skip-bad")
ended = succeeds("zonecopy", "clone", "--skip-bad", "--verify", source.path, target.path)
check("left out: zone 8: it is read-only" in ended.out and "left out: zone 9: it is offline" in ended.out, ended.out)
equal([zone.condition for zone in target.report()][8:10], ["empty", "empty"], "what was left out")
source, target = fill(disk()), empty_disk()
target.set_zone(3, "offline")
refuses(1, "zone 3 is offline", "another destination")
refuses(1, "zone 3 is offline", options=("--skip-bad",))

# Without the rights: nothing is written, and nothing was compared in vain.
def as_other():
    ended = subprocess.run(["zonecopy", "clone", source.path, target.path], capture_output=True, text=True, check=False)
    check(ended.returncode == 1 and "Permission denied" in ended.stderr, ended)


target = empty_disk()
os.chmod(TMP, 0o755)
for unreadable in (source, target):
    os.chmod(unreadable.path, 0o600)
    with unchanged(source.path, target.path):
        as_nobody(as_other)
    os.chmod(unreadable.path, 0o644)
with unchanged(source.path, target.path):
    as_nobody(as_other)
