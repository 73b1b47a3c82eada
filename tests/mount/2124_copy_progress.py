#!/usr/bin/env python3
"""zonecopy copy while it runs: lines of JSON for programs, a line on a terminal or on SIGUSR1, and Ctrl-C that stops cleanly."""
import pty

from zctest import *

image = Image(zones=8, zone_size=64 * MIB)
fs = image.mount()
data = pattern(16 * MIB)
for _ in range(3):
    write_direct(fs.seq(0), data)
seq = fs.seq


def started(*arguments):
    """So slow that it is under way for as long as somebody wants something of it."""
    return subprocess.Popen([program("zonecopy"), "copy", *arguments, "--limit-rate", "2M"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def stopped(process, number, is_json=False):
    """(report, lines of progress) of a copy that is sent a signal."""
    process.send_signal(number)
    out, err = process.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
    equal(process.returncode, -number, "it ends by the signal")
    return (json.loads(out) if is_json else out.decode()), err.decode()


# JSON: a line at the beginning, more of them, one for each SIGUSR1, and a last one.
before = os.stat(seq(1)).st_size
copy = started(f"{seq(0)}:0+4K", seq(0), seq(1), "--progress=json", "--json")
first = json.loads(copy.stderr.readline())
equal((first["phase"], first["done_bytes"], first["total_bytes"], first["seconds_left"]), ("copy", 0, 48 * MIB + 4 * KIB, None), "the first line")
while (line := json.loads(copy.stderr.readline()))["done_bytes"] <= 4 * KIB:
    pass
check(line["bytes_per_second"] > 0 and line["seconds_left"] > 0, f"rate and time left: {line}")
copy.send_signal(signal.SIGUSR1)
report, rest = stopped(copy, signal.SIGINT, is_json=True)
last = json.loads(rest.splitlines()[-1])
destination, = report["destinations"]
equal((last["phase"], last["interrupted"], last["error"], last["done_bytes"]), ("done", True, None, report["bytes"]), "the last line")
equal((report["interrupted"], report["error"], destination["failed_range"], destination["range_bytes"][0]), (True, None, 1, 4 * KIB), "the report")
equal(sum(destination["range_bytes"]), report["bytes"])
equal(os.stat(seq(1)).st_size, report["bytes"], "what was reported is what is there")
same_bytes(content(seq(1)), (data[:4 * KIB] + content(seq(0)))[:report["bytes"]], "seq/1")

# Without a terminal nothing is printed but for SIGUSR1; the report says where it stopped.
copy = started(seq(0), seq(2), "--verify")
waiting.again_and_again(lambda: os.stat(seq(2)).st_size > 0)  # it is under way
copy.send_signal(signal.SIGUSR1)
line = copy.stderr.readline()
check(re.fullmatch(rb"copy: +\d+%  \S+ of 48MiB  \S+/s  .*\n", line), f"SIGUSR1: {line}")
report, rest = stopped(copy, signal.SIGTERM)
check("interrupted" in report and f"stopped in range 0 (of 1), {seq(0)}:0+{48 * MIB}" in report and "not verified" in report, report)
check(re.search(r"(\d+) of its", report) and int(re.search(r"(\d+) of its", report)[1]) == os.stat(seq(2)).st_size, f"what is there: {report}")

# On a terminal there is a line, which is taken away in the end.
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, 0x5414, struct.pack("HHHH", 24, 40, 0, 0))  # TIOCSWINSZ: 40 columns
    os.execv(program("zonecopy"), ["zonecopy", "copy", f"{seq(0)}:0+2M", seq(3), "--limit-rate", "2M", "--verify"])
shown = b""
try:
    while piece := os.read(terminal, 4096):
        shown += piece
except OSError:  # the other end is closed
    pass
equal(os.waitpid(pid, 0)[1], 0, "on a terminal")
check(b" of 2MiB  " in shown, f"a line: {shown}")
check(all(len(line) < 40 for line in shown.split(b"\r\x1b[K")[:-1]), f"none is longer than the terminal is wide: {shown}")
check(b"\r\x1b[K2097152 bytes (2MiB) in" in shown, f"and then the report in its place: {shown}")

# Nobody reads progress: the copy goes on. (A pipe that was closed, and a full device.)
reader, writer = os.pipe()
os.close(reader)
with open("/dev/full", "wb") as full:
    for error in (writer, full):
        ended = subprocess.run([program("zonecopy"), "copy", f"{seq(0)}:0+1M", seq(4), "--progress=json", "--json"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=error, check=False)
        equal((ended.returncode, json.loads(ended.stdout)["bytes"]), (0, MIB), "nobody reads progress")
    # A report that cannot be written is an error, though the copy was made.
    size = os.stat(seq(4)).st_size
    ended = subprocess.run([program("zonecopy"), "copy", f"{seq(0)}:0+1M", seq(4)], stdin=subprocess.DEVNULL, stdout=full,
                           stderr=subprocess.PIPE, check=False)
    equal((ended.returncode, os.stat(seq(4)).st_size, len(ended.stderr.splitlines())), (1, size + MIB, 1), f"a full disk: {ended.stderr}")
os.close(writer)

# A signal that is ignored, as by nohup(1) or in the background of a script, stays ignored.
copy = subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$@"', "sh", program("zonecopy"), "copy", f"{seq(0)}:0+4M", seq(5), "--limit-rate", "2M",
                         "--progress=json", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
copy.stderr.readline()
copy.send_signal(signal.SIGINT)
out, _ = copy.communicate(timeout=waiting.HANG_LIMIT_SECONDS)
equal((copy.returncode, json.loads(out)["bytes"]), (0, 4 * MIB), "SIGINT is ignored")
