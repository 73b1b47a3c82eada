"""What the scripts of this folder share. A row of the table of programs in README.md and zonecopyfs(8) is a function here:

    @row("`cat FILE > ZONE`", "works")
    def cat_to_zone():
        fs = mounted()
        works(fs, "cat even > $seq/0")

    run_rows()

The first word of what is said of a program is "works" or "cannot", and the function fails where that is not true.
tests/lint/programs writes the rows into both documents, and complains where they differ.

Commands are those of bash, run in a folder with these files: even, of whole blocks; odd, which ends inside a block; holes, of
whole blocks with holes at its begin, in its middle and at its end. $seq and $cnv are the folders of the mount.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # for a script that is started by hand
from zctest import *

BLOCK_BYTES = 4096
EVEN = pattern(300 * BLOCK_BYTES, 1)
ODD = pattern(150001, 2)
HOLES = (bytes(MIB) + pattern(3 * BLOCK_BYTES, 3) + bytes(200 * BLOCK_BYTES) + pattern(BLOCK_BYTES, 4)
         + bytes(100 * BLOCK_BYTES))

_rows = []


def row(programs, says):
    def registered(function):
        _rows.append((programs, says, function))
        return function
    return registered


def run_rows():
    file_with("even", EVEN)
    file_with("odd", ODD)
    with open(file_with("holes", b""), "wb") as file:
        for start in range(0, len(HOLES), BLOCK_BYTES):
            block = HOLES[start:start + BLOCK_BYTES]
            if block.strip(b"\0"):
                os.pwrite(file.fileno(), block, start)
        file.truncate(len(HOLES))
    for programs, says, function in _rows:
        print(f"{programs}: {says}", flush=True)
        try:
            function()
        except (OSError, subprocess.SubprocessError) as error:
            fail(f"{function.__name__} ended with {error!r}")


def need(*programs):
    """Skips a script where one of its programs is not installed."""
    for program in programs:
        need_program(program)


def mounted(options="", block_bytes=BLOCK_BYTES):
    """A mount of its own for a row: ten sequential files of 4 MiB, and two conventional ones. Its log is at hand."""
    return Image(zones=13, conventional=3, block=block_bytes).mount(options, foreground=True)


def bash(fs, text):
    """A command line, as one types it; the first command that fails ends it."""
    return run("bash", "-c", f"set -eo pipefail\n{text}", cwd=TMP, env=dict(os.environ, seq=fs / "seq", cnv=fs / "cnv"))


def works(fs, text):
    ended = bash(fs, text)
    check(ended.status == 0, f"{text}: {ended}")
    return ended


def fails(fs, text, status, *said):
    """Checks that a command ends with this status, and that it has said why."""
    ended = bash(fs, text)
    check(ended.status == status and all(words in ended.out + ended.err for words in said),
          f"{text}: expected status {status} and {said}: {ended}")
    return ended


def holds(path, data):
    """Checks the contents of a file, as another program sees them."""
    return same_bytes(content(path), data, path)


def tail_was_refused(fs, number, data):
    """Checks what becomes of a tail after the last close of seq/<number>: only the whole blocks of `data` are left, and log
    and status tell how many bytes are not."""
    whole_bytes = len(data) // BLOCK_BYTES * BLOCK_BYTES
    eventually(lambda: os.stat(fs.seq(number)).st_size, whole_bytes, f"seq/{number} without its tail")
    holds(fs.seq(number), data[:whole_bytes])
    fs.wait_for_log(f"seq/{number}: the last {len(data) - whole_bytes} bytes are not written")
    eventually(lambda: fs.counter("tails_refused") > 0, True, "whether a tail was counted")


def nothing_was_refused(fs):
    equal(fs.counter("tails_refused"), 0, "tails refused")


def is_padded(path, data):
    """Checks that a file holds `data`, filled with zeros to a whole block."""
    eventually(lambda: os.stat(path).st_size % BLOCK_BYTES, 0, f"{path} after the last close")
    return holds(path, data + bytes(-len(data) % BLOCK_BYTES))
