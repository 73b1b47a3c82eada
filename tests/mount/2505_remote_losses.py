#!/usr/bin/env python3
"""A target is killed, stopped and started again while a mount of it writes and copies: nothing is lost, nothing written twice."""
from remote import *

IN_TIME = "reconnect=60"


class RestartedImage(RemoteImage):
    """The target can be killed, and comes back at the same port."""

    def kill(self):
        self.target.stop(signal.SIGKILL)

    def start_again(self):
        # At once: the port may still be that of the one before, as the kernel ends the io_uring of a process after it.
        self.target = Target(self.file, "--nqn", NQN, listen=("--listen", self.target.address))

    def restart(self):
        self.kill()
        self.start_again()


CHUNK = 64 * KIB
CHUNKS = 40
EXPECTED = b"".join(bytes([number % 251]) * CHUNK for number in range(CHUNKS))
WRITER = """
import os, sys
with open(sys.argv[1], "ab", buffering=0) as out:
    for number in range(int(sys.argv[2])):
        data = bytes([number % 251]) * int(sys.argv[3])
        while data:
            data = data[out.write(data):]
        print(number, flush=True)
"""


def writer(file):
    """Writes chunk after chunk at the end of a file, and says so; each write waits for its answer."""
    return subprocess.Popen([sys.executable, "-c", WRITER, file, str(CHUNKS), str(CHUNK)], stdout=subprocess.PIPE, text=True)


remote = RestartedImage(keys=(IN_TIME,))
fs = remote.mount()

# Killed at any moment of writes, three times.
for turn in range(3):
    process = writer(fs.seq(turn))
    for _ in range(3 + turn):
        process.stdout.readline()
    remote.restart()
    process.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
    equal(process.returncode, 0, "the writer")
    same_bytes(content(fs.seq(turn)), EXPECTED, f"turn {turn}")

# In the middle of copies.
for turn in range(3):
    copying = subprocess.Popen(["cp", "--no-preserve=all", fs.seq(turn), fs.seq(4 + turn)])
    remote.restart()
    equal(copying.wait(timeout=waiting.HANG_LIMIT_SECONDS), 0, "cp")
    same_bytes(content(fs.seq(4 + turn)), content(fs.seq(turn)), f"copy {turn}")

# Truncations, which reset zones, and what is written afterwards.
for turn in range(3):
    os.truncate(fs.seq(turn), 0)
    remote.restart()
    write_direct(fs.seq(turn), pattern(CHUNK, turn))
    same_bytes(content(fs.seq(turn)), pattern(CHUNK, turn), f"after a reset, {turn}")

# One that is only stopped for a moment: its connections stay.
os.kill(remote.target.pid, signal.SIGSTOP)
os.kill(remote.target.pid, signal.SIGCONT)
same_bytes(content(fs.seq(0)), pattern(CHUNK, 0), "after a stop")
fs.unmount()

# What the image says by itself is what the mount had.
remote.target.stop()
remote.path = remote.file
by_itself = Mount(remote)
same_bytes(content(by_itself.seq(4)), EXPECTED, "the image")
by_itself.unmount()

# A target that does not come back in time: one line, EIO, and no mount that hangs.
away = RestartedImage(keys=("reconnect=1",))
fs = away.mount()
write_direct(fs.seq(0), pattern(CHUNK))
away.kill()
with opened(fs.seq(0), O_RDONLY | O_DIRECT) as file:
    refused("EIO", os.read, file, 4096)
away.start_again()


def content_if_there():
    try:
        return content(fs.seq(0))
    except OSError:
        return None


eventually(content_if_there, pattern(CHUNK), "it is back")
fs.unmount()
away.target.stop()
