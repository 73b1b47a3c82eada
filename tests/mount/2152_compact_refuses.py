#!/usr/bin/env python3
"""zonecopy compact: what it does not do, in one line each, with nothing touched; and what others hold against it meanwhile."""
from compacting import *
from zctest import *

image = Image(zones=10, conventional=1, capacity=MIB)
fs = image.mount(foreground=True)
zones = Zones(fs, {0: [(0, 4)], 1: [(8, 8)]}, others=[2])
seq = fs.seq
live, plan = zones.list_path, zones.plan_path


def sizes():
    return [os.stat(seq(number)).st_size for number in range(9)]


def refuses(arguments, statuses, *words, data=None):
    before, files = sizes(), sorted(os.listdir(TMP))
    with unchanged(live):
        ended = one_line(run("zonecopy", "compact", *arguments, data=data), statuses, *words)
    equal(sizes(), before, f"{arguments}: the zones")
    equal(sorted(os.listdir(TMP)), files, f"{arguments}: no file is left")
    return ended


# Lists. Tables in tests/unit/compact hold the rest.
for text, *words in (
        ("", "empty"),
        ("\n# nothing\n", "empty"),
        ("seq/0 0 4096\nseq/99 0 4096\n", "line 2", "there is no seq/99"),
        ("seq/0 0 4096\nseq/0 0 4096\n", "line 2", "the same as the one of line 1"),
        ("seq/0 0 8192\nseq/1 0 4096\nseq/0 4096 4096\n", "line 3", "overlaps with the one of line 1"),
        ("seq/0 100 4096\n", "line 1", "block size"),
        ("seq/0 1M 4096\n", "line 1", "ends beyond the data"),
        ("cnv/0 0 4096\n", "line 1", "conventional"),
        ("seq/0 0\n", "line 1", "FILE OFFSET LENGTH"),
        ("\x7fELF\x02\x01\x00", "line 1"),
        ('[{"file": "seq/0"', "line 1", "JSON"),
        ("/etc/passwd 0 4096\n", "line 1", "not below the mount point")):
    told = refuses((fs.path, "--live", file_with("list", text.encode())), 1, *words)
    check(os.path.join(TMP, "list") in told.err, f"the list is named: {told}")
    os.unlink(os.path.join(TMP, "list"))
refuses((fs.path, "--live", os.path.join(TMP, "none")), 1, "No such file", "none")
refuses((fs.path, "--live", TMP), (1, 2), "directory" if os.path.isfile(TMP) else "")
as_json = refuses((fs.path, "--live", "/dev/null", "--map", f"{TMP}/map", "--json"), 1, "empty")
equal(json.loads(as_json.out)["errno"], "EINVAL")

# The command line.
refuses((fs.path,), 2, "--live")
refuses((fs.path, "--live", "-"), 2, "--map", data=b"seq/0 0 4096\n")
refuses((fs.path, "--live", "/dev/stdin"), 2, "--map", data=b"seq/0 0 4096\n")
refuses((fs.path, "--live", live, "--map", ""), 2, "--map", "needs a name")
refuses((fs.path, "--live", "/dev/zero", "--map", f"{TMP}/map"), 1, "/dev/zero", "longer than 256MiB")
refuses((fs.path, "--live", live, "--victim", "7"), 2, "--victim", "names no zone file")
refuses((fs.path, "--live", live, "--destination", "cnv/0"), 2, "--destination", "conventional")
refuses((fs.path, "--live", live, "--limit-rate", "fast"), 2, "no size")
refuses((fs.path, "--live", live, "--victim", "seq/99"), 1, "seq/99: there is no such zone")
refuses((fs.path, "--live", live, "--destination", "seq/0"), 1, "seq/0: it is not empty")
refuses((fs.path, "--live", live, "--destination", "seq/5", "--destination", "seq/5"), 1, "named twice")

# No mount of zonecopyfs.
for path, *words in ((TMP, "no mount point of zonecopyfs"), (fs / "seq", "no mount point of zonecopyfs"), (seq(0), "no mount point"),
                     (os.path.join(TMP, "none"), "No such file"), ("/proc", "no mount point of zonecopyfs")):
    refuses((path, "--live", live), 1, *words)

# Where the map cannot be: an older one, a directory, a FIFO, the mount itself, no folder.
os.mkdir(f"{TMP}/folder")
os.mkfifo(f"{TMP}/pipe")
os.symlink("nowhere", f"{TMP}/link")
for path, *words in ((file_with("older", b"old"), "it exists", "--map"), (f"{TMP}/folder", "it exists"), (f"{TMP}/pipe", "it exists"),
                     (f"{TMP}/link", "it exists"), (seq(5), "it exists"), (fs / "map", "map"), (f"{TMP}/none/map", "No such file"),
                     ("/proc/map", "/proc/map")):
    refuses((fs.path, "--live", live, "--map", path), 1, *words)
for path in ("map.plan",):
    file_with(path, b"{}")
    with unchanged(f"{TMP}/{path}"):
        refuses((fs.path, "--live", live, "--map", f"{TMP}/map"), 1, "map.plan", "no plan of zonecopy compact")
    os.unlink(f"{TMP}/{path}")
    os.mkdir(f"{TMP}/{path}")
    refuses((fs.path, "--live", live, "--map", f"{TMP}/map"), 1, "map.plan", "no ordinary file")
    os.rmdir(f"{TMP}/{path}")

# A user without permission.
def nobody():
    os.chdir("/")
    mine = f"{TMP}/mine"
    with open(f"{mine}/list", "w", encoding="utf-8") as file:
        file.write("seq/0 0 16384\n")
    ended = one_line(run("zonecopy", "compact", fs.path, "--live", f"{mine}/list"), 1, "seq/")
    check("Permission denied" in ended.err, f"{ended}")
    equal(os.listdir(mine), ["list"])


os.mkdir(f"{TMP}/mine")
os.chown(f"{TMP}/mine", 65534, 65534)
os.chmod(TMP, 0o1777)
before = sizes()
as_nobody(nobody)
equal(sizes(), before)

# Two at once: the one that came second says so, and the first goes on.
with opened(fs.path, O_RDONLY | O_DIRECTORY) as folder:
    fcntl.flock(folder, fcntl.LOCK_EX)
    refuses((fs.path, "--live", live), 1, "another zonecopy compact")
    equal(run("zonecopy", "compact", fs.path, "--live", live, "--dry-run").status, 0, "who changes nothing may look")

# Output that cannot be written does not stop what has begun; nor does standard output that is closed.
with open("/dev/full", "wb") as full:
    process = subprocess.Popen(zones.command(), stdout=full, stderr=subprocess.PIPE)
    check(b"standard output" in process.communicate()[1], "said so")
    equal(process.returncode, 1, "a plan that nobody could see")
zones.check_finished("/dev/full")
zones.forget()
zones = Zones(fs, {0: [(0, 4)], 1: [(8, 8)]}, seed=1, others=[2])
equal(run("sh", "-c", 'exec "$@" >&- 2>&-', "sh", *zones.command()).status, 0, "closed")
zones.check_finished("closed output")
zones.forget()

# A read-only mount, and bad zones.
zones = Zones(fs, {0: [(0, 4)], 1: [(8, 8)], 3: [(0, 1)]}, seed=2, others=[2])
fs.unmount()
fs = zones.fs = image.mount("ro", point=fs.path, foreground=True)
refuses((fs.path, "--live", live), 1, "the mount is read-only")
fs.unmount()
image.set_seq(5, "offline")
image.set_seq(6, "read-only")
fs = zones.fs = image.mount("errors=zone-ro", point=fs.path, foreground=True)
told = refuses((fs.path, "--live", live, "--victim", "seq/6"), 1, "seq/6", "read-only or offline")
refuses((fs.path, "--live", live, "--destination", "seq/5"), 1, "seq/5", "read-only or offline")
refuses((fs.path, "--live", file_with("list", b"seq/5 0 4096\n")), 1, "line 1", "seq/5")
os.unlink(f"{TMP}/list")
# One that fails when it is reset keeps its contents; the others go on.
image.set_seq(3, "read-only")
ended = one_line(zones.compact(), 1, "seq/3: it could not be reset")
zones.check_nothing_lost("a zone that fails")
equal([os.stat(seq(number)).st_size for number in (0, 1, 3)], [0, 0, MIB])
equal(os.path.exists(plan), False, "all is done that can be")
os.unlink(zones.map_path)
told = run(*zones.command("--dry-run"))
equal(told.status, 1, "a list that is old by now")

# A daemon that has died.
fs.kill()
ended = one_line(zones.compact(), 1, "not connected")
