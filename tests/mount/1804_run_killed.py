#!/usr/bin/env python3
"""Clones that take long: others do not wait for them, a command that is killed in the middle leaves its zone empty and not half full,
and a supervisor that is killed stops no mount and hangs nobody."""
from supervisors import no_supervisor, supervisors
from zctest import *

SIZE = 4 * GIB  # so that it lasts; it is killed when all has been seen
RUN = ("zonecopy", "run", "--")
image = Image(zones=7, zone_size=SIZE)
fs = image.mount("copy=emulate")
small = pattern(4096, 7)
write_direct(fs.seq(0), small)
os.truncate(fs.seq(0), SIZE)
write_direct(fs.seq(2), small)


def start(*command, **keywords):
    write_direct(fs.seq(1), small)
    no_supervisor()
    process = subprocess.Popen([*RUN, *command], stderr=subprocess.PIPE, **keywords)
    eventually(lambda: image.seq_zone(1).written > len(small), True, "the clone is under way")
    return process


# Another clone of the same command, and an open with O_TRUNC, are answered meanwhile; and what /proc/self means is the command's
# business, though the supervisor has zone files by such numbers now.
beside = f"""
cp --reflink=always {fs.seq(0)} {fs.seq(1)} & long=$!
until test $(stat -c %s {fs.seq(1)}) -gt 4096; do :; done
for fd in 3 4 5 6 7 8 9; do
  eval "exec $fd>{TMP}/plain$fd"
  echo words >/proc/self/fd/$fd || exit 1
  test "$(cat {TMP}/plain$fd)" = words || exit 1
done
cp --reflink=always {fs.seq(2)} {fs.seq(3)} && kill -0 $long && cat {fs.seq(2)} >{fs.seq(4)} && kill -9 $long
"""
equal(run(*RUN, "sh", "-c", beside).status, 0, "beside a long clone")
same_bytes(content(fs.seq(3)), small, "the clone beside")
same_bytes(content(fs.seq(4)), small, "the copy beside")
eventually(lambda: image.seq_zone(1).written, 0, "the clone that was killed")

# Killed, or ended by a signal that it does not handle: the clone ends, and the zone is as it was before it: empty, as O_TRUNC had it.
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
    process = start("cp", "--reflink=always", fs.seq(0), fs.seq(1))
    watching = supervisors()
    process.send_signal(number)
    process.wait()
    equal(process.returncode, -number, "the command ends by the signal")
    equal(len(watching), 1, "one supervisor")
    for supervisor in watching:
        check(supervisor.wait(), "the supervisor ends")
    equal(image.seq_zone(1).written, 0, "the zone of a clone that was killed")
    equal(os.stat(fs.seq(1)).st_size, 0, "its size")

# A range behind other data cannot be undone: whole blocks stay, and the data before them.
clone_range = f"""
import fcntl, os, struct
fcntl.ioctl(os.open({fs.seq(1)!r}, os.O_RDWR), 0x4020940d, struct.pack("qQQQ", os.open({fs.seq(0)!r}, os.O_RDONLY), 0, {SIZE} - 4096, 4096))
"""
process = start("python3", "-c", clone_range)
process.kill()
process.wait()
written = image.seq_zone(1).written
check(4096 < written < SIZE, f"a range that was killed: {written}")
with opened(fs.seq(1), O_RDONLY) as fd:
    equal(os.pread(fd, 4096, 0), small, "the data before it")
os.truncate(fs.seq(1), 0)

# The supervisor is told to end: it waits for the command.
process = start("sh", "-c", f"cp --reflink=always {fs.seq(0)} {fs.seq(1)}; read line; cp --reflink=always {fs.seq(2)} {fs.seq(3)}", stdin=subprocess.PIPE)
for supervisor in supervisors():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
        os.kill(supervisor.pid, number)
subprocess.run(["pkill", "-P", str(process.pid), "cp"], check=True)
process.communicate(b"\n")
equal(process.returncode, 0, "a supervisor that was told to end still answers")
eventually(lambda: image.seq_zone(1).written, 0, "the clone that was ended")

# The supervisor is killed: the command is told so, as are its later opens with O_TRUNC; nothing hangs, the mount goes on.
process = start("sh", "-c", f"cp --reflink=always {fs.seq(0)} {fs.seq(1)}; echo status $? >&2; echo >{TMP}/file; echo status $? >&2; cat {fs.seq(2)}")
for supervisor in supervisors():
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
words = process.communicate()[1].decode()
equal(process.returncode, 0, "what needs no supervisor")
equal(words.count("Function not implemented"), 2, words)
eventually(lambda: image.seq_zone(1).written == os.stat(fs.seq(1)).st_size, True, "the size is the write pointer")
succeeds(*RUN, "cp", "--reflink=always", fs.seq(2), fs.seq(1))
same_bytes(content(fs.seq(1)), small, "the mount goes on")
