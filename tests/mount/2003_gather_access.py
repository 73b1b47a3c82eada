#!/usr/bin/env python3
"""A gather reads nothing that its caller could not open: by owner, group, other groups, mode bits and capabilities."""
from gathering import *

BLOCK = 4096
USER, GROUP, OTHER_GROUP = 65534, 65534, 4242
CAP_DAC_READ_SEARCH = 2
image = Image(zones=14, mkfs=("-o", f"uid={USER},gid={GROUP},perm=600"))
fs = image.mount()
write_direct(fs.seq(0), pattern(MIB, 1))
write_direct(fs.seq(1), pattern(MIB, 2))
source = fs.seq(0)


def as_user(function, groups=(), user=USER, group=GROUP, keep_capabilities=False):
    """Runs the function in a child with these credentials."""
    def changed():
        os.setgroups(list(groups))
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        function()

    in_child(changed)


def tries(wanted, number):
    """The gather of a block of `source` and one of the caller's own file."""
    def attempt():
        with opened(fs.seq(number), O_WRONLY) as fd:
            before = os.fstat(fd).st_size
            answer = gather(fd, [(inode_of_own, 0, BLOCK), (inode, 0, BLOCK)])
            what = oct(os.stat(source).st_mode)
            equal(answer.errno, wanted, what)
            if wanted:
                equal((answer.failed, answer.error, answer.bytes), (1, getattr(errno, wanted), 0), f"{what}: which range")
                equal(os.fstat(fd).st_size, before, f"{what}: nothing was copied, not of the readable range either")
            # The kernel's answer to open(2) is the same.
            if wanted:
                refused(wanted, os.open, source, O_RDONLY)
            else:
                os.close(os.open(source, O_RDONLY))

    return attempt


inode, inode_of_own = os.stat(source).st_ino, os.stat(fs.seq(1)).st_ino
cases = [  # owner, group, mode, groups of the caller, what happens
    (0, 0, 0o600, (), "EACCES"), (0, 0, 0o644, (), None), (0, 0, 0o640, (), "EACCES"), (0, GROUP, 0o640, (), None),
    (0, GROUP, 0o604, (), "EACCES"),  # the group may not, although others may
    (0, OTHER_GROUP, 0o640, (), "EACCES"), (0, OTHER_GROUP, 0o640, (OTHER_GROUP,), None),
    (0, OTHER_GROUP, 0o640, tuple(range(1000, 1100)) + (OTHER_GROUP,), None),
    (0, OTHER_GROUP, 0o604, (OTHER_GROUP,), "EACCES"), (0, OTHER_GROUP, 0o604, (), None),
    (USER, 0, 0o400, (), None), (USER, 0, 0o044, (), "EACCES"), (USER, GROUP, 0o200, (GROUP,), "EACCES")]
for owner, group, mode, groups, wanted in cases:
    os.chown(source, owner, group)
    os.chmod(source, mode)
    as_user(tries(wanted, 3), groups)

# The folders on the way count as well.
os.chown(source, 0, 0)
os.chmod(source, 0o644)
for folder in (fs / "seq", fs.path):
    with opened(fs.seq(4), O_WRONLY) as fd:
        os.chown(fs.seq(4), USER, GROUP)
        os.chmod(folder, 0o500)

        def inherits():
            answer = gather(fd, [(inode, 0, BLOCK)])
            equal((answer.errno, answer.failed), ("EACCES", 0), f"{folder} is closed to others")

        as_user(inherits)
        os.chmod(folder, 0o555)
        as_user(lambda: equal(gather(fd, [(inode, 0, BLOCK)]).errno, None, f"{folder} is open"))

# root reads everything, unless it has given its capabilities away.
os.chown(source, USER, GROUP)
os.chmod(source, 0o000)
with opened(fs.seq(5), O_WRONLY) as fd:
    equal(gather(fd, [(inode, 0, BLOCK)]).errno, None, "root")
    os.chmod(source, 0o600)
# By the system's Python, which every user may run, and without the modules of the tests, which not every one may read.
script = f"""
import errno, fcntl, os
fd = os.open({fs.seq(5)!r}, os.O_WRONLY)
try:
    fcntl.ioctl(fd, {GATHER},
                bytearray({bytes(request_of([(inode, 0, BLOCK)])).rstrip(bytes(1))!r}.ljust({REQUEST_BYTES}, bytes(1))))
    print(None)
except OSError as error:
    print(errno.errorcode[error.errno])
"""
os.chown(fs.seq(5), 0, 0)
os.chmod(fs.seq(5), 0o666)


def told(*wrapper):
    return must(*wrapper, "/usr/bin/python3", "-c", script).out.strip()


equal(told("setpriv", "--bounding-set=-all", "--inh-caps=-all"), "EACCES", "root without capabilities")
equal(told("setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all,+dac_read_search"), "None",
      "root that may read and search")
os.chown(source, 0, 0)
equal(told("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "--inh-caps=+dac_read_search",
           "--ambient-caps=+dac_read_search"), "None", "a user that may read and search")
# In a user namespace of its own a user has all capabilities, and none that count here.
if run("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "unshare", "--user", "true").status == 0:
    equal(told("setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "unshare", "--user", "--keep-caps"),
          "EACCES", "capabilities in another user namespace")
# From another process namespace the groups cannot be looked up: then what a member of any group may do is allowed.
os.chmod(source, 0o604)
os.chown(source, 0, OTHER_GROUP)
equal(told("unshare", "--pid", "--fork", "setpriv", f"--reuid={USER}", f"--regid={GROUP}", f"--groups={OTHER_GROUP}"),
      "EACCES", "another process namespace: the group may not read")
