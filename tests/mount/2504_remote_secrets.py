#!/usr/bin/env python3
"""Hosts and the target prove who they are: keys that fit, keys that do not, none, and files that others can read."""
from remote import *
import nvme_host

host_key, other_key, long_key = key("host"), key("other"), key("long", 64, 3)
controller_key, wrong_controller_key = key("controller", 48, 2, NQN), key("wrong", 48, 2, NQN)


def served(*files):
    """A target whose file holds all lines of `files`."""
    path = file_with("keys", b"# who may connect\n\n" + b"".join(map(content, files)))
    os.chmod(path, 0o600)
    return Target(Image(formatted=False).path, "--nqn", NQN, "--secret", path)


def reported(target, *keys):
    return run("zonecopy", "report", name_of(target, *keys))


target = served(host_key)
equal(reported(target, f"secret={host_key}").status, 0)
one_line(reported(target), 1, "secret=FILE")
one_line(reported(target, f"secret={other_key}"), 1, "the target refuses this host", "keys")
target.wait_for(f"host {HOST}: it did not prove who it is")
one_line(reported(target, f"secret={host_key}", f"ctrl-secret={controller_key}"), 1, "the target refuses this host")
one_line(run("zonecopy", "report", f"nvme-tcp://{target.address}/{NQN}?secret={key('a', nqn='x')}&{WHO}"), 1, "no key in it for", HOST)
# A path that is relative, for a daemon that goes elsewhere.
fs_point = os.path.join(TMP, "mnt")
os.mkdir(fs_point)
relative = name_of(target, f"secret={os.path.basename(host_key)}")
succeeds("mkfs.zonecopyfs", relative, cwd=TMP)
succeeds("zonecopyfs", relative, fs_point, cwd=TMP)
table = open("/proc/mounts", encoding="utf-8").read()
check(f"secret={host_key}" in table and "DHHC" not in table, "the mount table has the file's name, and no key")
write_direct(os.path.join(fs_point, "seq/0"), pattern(64 * KIB))
succeeds("umount", fs_point)

# Without it nothing is told, and nothing is done: no Identify, no I/O queue's command.
with contextlib.suppress(nvme_host.Disconnected):
    try:
        nvme_host.Host(target.port, NQN)
        fail("a host without a key got in")
    except nvme_host.Refused as refusal:
        equal(refusal.status, 0x191, "Authentication Required")
equal(target.stop(), 0)

# Both ways, and with keys that are made the names' own.
target = served(long_key, controller_key)
equal(reported(target, f"secret={long_key}", f"ctrl-secret={controller_key}").status, 0)
equal(reported(target, f"secret={long_key}").status, 0)
one_line(reported(target, f"secret={long_key}", f"ctrl-secret={wrong_controller_key}"), 1, "this host refuses the target")
target.wait_for("it refuses the controller")
equal(target.stop(), 0)

# A target that asks for nothing cannot prove itself either.
open_target = Target(Image(formatted=False).path, "--nqn", NQN)
equal(reported(open_target, f"secret={host_key}").status, 0)
one_line(reported(open_target, f"secret={host_key}", f"ctrl-secret={controller_key}"), 1, "does without authentication")
equal(open_target.stop(), 0)

# Files that are of no use: each program says so before it opens anything.
image = Image(formatted=False)
for mode, words in ((0o644, ("others", "chmod 600")), (0o660, ("chmod 600",)), (0o600, ())):
    os.chmod(host_key, mode)
    ended = reported(target, f"secret={host_key}")
    if words:
        one_line(ended, 1, host_key, *words)
        one_line(run("zonecopy", "serve", "--listen", "127.0.0.1:0", "--secret", host_key, image.path), 1, host_key, *words)
for text, words in ((b"", ("no key",)), (b"secret\n", ("line 1", "gen-dhchap-key")), (content(host_key) * 2, ("line 2", "already"))):
    path = file_with("bad", text)
    os.chmod(path, 0o600)
    one_line(run("zonecopy", "serve", "--listen", "127.0.0.1:0", "--secret", path, image.path), (1, 2), path, *words)
    one_line(reported(target, f"secret={path}"), 1, path, *words)
one_line(run("zonecopy", "serve", "--listen", "0.0.0.0:0", image.path), 2, "--secret")

# nvme-cli makes keys that are taken.
if shutil.which("nvme"):
    made = must("nvme", "gen-dhchap-key", "--hmac=1", "--key-length=32", "--nqn", HOST).out.strip()
    path = file_with("made", made.encode())
    os.chmod(path, 0o600)
    target = served(path)
    equal(reported(target, f"secret={path}").status, 0, "a key of nvme-cli")
    equal(target.stop(), 0)
