#!/usr/bin/env python3
"""Under `zonecopy run` other file systems are as ever: clones on XFS are the kernel's, O_TRUNC truncates at once. And other users, other
roots, and many files."""
import resource

from supervisors import no_supervisor, supervisors
from zctest import *

RUN = ("zonecopy", "run", "--")
place = xfs()
image = Image(zones=8, mkfs=("-o", "uid=65534,perm=600"))
fs = image.mount()
data, old = pattern(2 * MIB), pattern(MIB, 2)
write_direct(fs.seq(0), data)
write_direct(fs.seq(1), old)


def on_xfs(name, contents):
    path = os.path.join(place, name)
    with open(path, "wb") as file:
        file.write(contents)
    return path


# Clones there share extents, odd sizes and files of another length too; what the kernel refuses it refuses.
source, target = on_xfs("source", data + b"odd"), on_xfs("target", old * 4)
succeeds(*RUN, "cp", "--reflink=always", source, target)
same_bytes(content(target), data + b"odd", "a clone on XFS")
must("sync", "-f", place)
check("shared" in must("filefrag", "-v", target).out, "extents are shared by the kernel")
for first, second in ((source, file_with("elsewhere", b"")), (fs.seq(0), target), (fs.seq(0), file_with("elsewhere", b""))):
    plain, under = (run(*wrapper, "cp", "--reflink=always", first, second) for wrapper in ((), RUN))
    equal((under.status, under.err), (plain.status, plain.err), "what the kernel refuses")
LOOK = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT | os.O_TRUNC)
assert os.fstat(fd).st_size == 0
assert os.stat(sys.argv[1]).st_size == 0
for path, flags in (("/dev/null", os.O_WRONLY | os.O_TRUNC), ("/proc/self/comm", os.O_WRONLY | os.O_TRUNC), ("/dev/stdout", os.O_WRONLY | os.O_TRUNC)):
    os.write(os.open(path, flags), b"x")
for path, code in (("/no/such/file", 2), ("/", 21), ("/etc/passwd/x", 20)):
    try:
        os.open(path, os.O_WRONLY | os.O_TRUNC)
    except OSError as error:
        assert error.errno == code, error
"""
equal(succeeds(*RUN, "python3", "-c", LOOK, on_xfs("truncated", old)).out, "x", "standard output is the command's")
many = os.path.join(TMP, "many")
os.mkdir(many)
succeeds(*RUN, "sh", "-c", f"for i in $(seq 300); do echo $i >{many}/$i || exit 1; done")
equal(len(os.listdir(many)), 300, "files made")


# Another user, whose rights count, and who has no others by it.
def user():
    succeeds(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(2))
    same_bytes(content(fs.seq(2)), data, "a user's clone")
    ended = run(*RUN, "cp", "--reflink=always", "/etc/passwd", fs.seq(1))
    equal(ended.status, 1, "a user's clone from elsewhere")
    same_bytes(content(fs.seq(1)), old, "a user's old zone")
    status = run(*RUN, "grep", "NoNewPrivs", "/proc/self/status").out.split()
    equal(status[-1], "1", "no_new_privs, which the kernel demands of a user")


open(file_with("readable", b""), "rb").close()
os.chmod(TMP, 0o777)
outside = file_with("outside", data)
as_nobody(user)
equal(run(*RUN, "grep", "NoNewPrivs", "/proc/self/status").out.split()[-1], "0", "no_new_privs is not set for root")
os.chmod(fs.seq(3), 0o400)
os.chown(fs.seq(3), 0, 0)
write_direct(fs.seq(3), old)
as_nobody(lambda: one_line(run(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(3)), 1, "Permission denied"))
# A command of root that becomes another user: the supervisor is root's, the rights are not.
drop = """
import os, subprocess, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
assert subprocess.run(["cp", "--reflink=always", *sys.argv[1:3]], stderr=subprocess.DEVNULL).returncode == 0
try:
    os.open(sys.argv[3], os.O_WRONLY | os.O_TRUNC)
except PermissionError:
    raise SystemExit(subprocess.run(["cp", "--reflink=always", "/etc/passwd", sys.argv[4]], stderr=subprocess.DEVNULL).returncode)
"""
equal(run(*RUN, "python3", "-c", drop, fs.seq(0), fs.seq(4), fs.seq(3), fs.seq(1)).status, 1, "a command that becomes a user")
same_bytes(content(fs.seq(4)), data, "its clone")
same_bytes(content(fs.seq(3)), old, "what it may not write")
same_bytes(content(fs.seq(1)), old, "its old zone")

# Limits of the command that would leave its supervisor without threads: of stacks, and, set when it runs, of processes.
os.chmod(fs.seq(1), 0o600)
for wrapper in (("sh", "-c", 'ulimit -s 1000000000; exec "$@"', "sh"), ()):
    no_supervisor()
    process = subprocess.Popen([*wrapper, *RUN, "sh", "-c", 'read line; cp --reflink=always "$@"', "sh", outside, fs.seq(1)], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE, user=65534, group=65534, extra_groups=[])
    eventually(lambda: len(supervisors()), 1, "a supervisor")
    for supervisor in supervisors():
        if not wrapper:
            as_nobody(lambda pid=supervisor.pid: resource.prlimit(pid, resource.RLIMIT_NPROC, (0, 0)))
    words = process.communicate(b"\n")[1]
    check(b"cross-device" in words and process.returncode == 1, f"a clone from elsewhere: {words}")
    same_bytes(content(fs.seq(1)), old, f"without threads, {wrapper}: the old zone")

# A process namespace below: the supervisor knows its processes by numbers of its own, if it knows them.
namespaces = (("by the /proc above", ""), ("with a /proc over the supervisor's", "mount -t proc proc /proc;"))
for what, before in namespaces:
    os.chown(fs.seq(6), 0, 0)
    os.truncate(fs.seq(6), 0)
    write_direct(fs.seq(6), old)
    succeeds("unshare", "-m", *RUN, "unshare", "-pf", "sh", "-c", f"{before} cp --reflink=always {fs.seq(0)} {fs.seq(6)}")
    same_bytes(content(fs.seq(6)), data, f"in another process namespace, {what}")

# Another root: "/seq/1" is another file there. Paths that this supervisor cannot follow as the command would are the kernel's.
os.chmod(fs.seq(1), 0o600)
succeeds(*RUN, "sh", "-c", f'cd {fs.path}; exec unshare -m sh -c "cp --reflink=always seq/0 seq/5"')
same_bytes(content(fs.seq(5)), data, "in another mount namespace")
