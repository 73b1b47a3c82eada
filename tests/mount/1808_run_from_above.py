#!/usr/bin/env python3
"""Where only an ancestor may supervise, or the command would adopt its supervisor, `zonecopy run` stands for the command, which is another
process: it passes signals on, and stops and ends as the command does. (Here: what is started adopts orphans.)"""
from supervisors import no_supervisor, supervisors
from zctest import *

ADOPT = (sys.executable, "-c", "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])")
RUN = (*ADOPT, "zonecopy", "run", "--")
image = Image()
fs = image.mount()
data, old = pattern(2 * MIB), pattern(MIB, 2)
write_direct(fs.seq(0), data)
write_direct(fs.seq(1), old)

parent = run(*RUN, "sh", "-c", "echo $PPID; ps -o comm= -p $PPID").out.split()
equal(parent[1:], ["zonecopy-run"], "the parent of the command is the supervisor")
outside = file_with("outside", data)
equal(run(*RUN, "cp", "--reflink=always", outside, fs.seq(1)).status, 1, "from elsewhere")
same_bytes(content(fs.seq(1)), old, "the old zone")
succeeds(*RUN, "cp", "--reflink=always", fs.seq(0), fs.seq(1))
same_bytes(content(fs.seq(1)), data, "the clone")
succeeds(*RUN, "sh", "-c", f"cp --reflink=always {fs.seq(0)} {fs.seq(2)} & wait")
same_bytes(content(fs.seq(2)), data, "a child's clone")

for status in (0, 1, 77, 125, 255):
    equal(run(*RUN, "sh", "-c", f"exit {status}").status, status, "status")
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP):
    equal(run(*RUN, "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$").status, -number, "death by signal")
one_line(run(*RUN, "no-such-program"), 127, "No such file")
one_line(run(*RUN, "/"), 126, "Permission denied")
one_line(run(*RUN, "zonecopy", "run", "true"), 125, "already supervises")
equal(run(*RUN, "cat", data=b"through").out, "through", "input and output")

# Signals to the process that was started reach the command: it handles them, or dies.
HANDLER = """
import os, signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN): signal.signal(number, lambda number, frame: os.write(1, b"%d\\n" % number))
os.write(1, b"ready\\n")
while True: signal.pause()
"""
process = subprocess.Popen([*RUN, sys.executable, "-c", HANDLER], stdout=subprocess.PIPE)
equal(process.stdout.readline(), b"ready\n")
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN):
    process.send_signal(number)
    equal(process.stdout.readline(), b"%d\n" % number, "a signal that is handled")
process.kill()
process.wait()
equal(process.stdout.read(), b"", "SIGKILL ends the command as well, and with it the pipe")
process.stdout.close()

# It stops and goes on with the command.
process = subprocess.Popen([*RUN, "sh", "-c", "echo ready; read line; kill -TSTP $$; echo continued; read line; exit 5"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           process_group=0)
equal(process.stdout.readline(), b"ready\n")
process.stdin.write(b"\n")
process.stdin.flush()
ended = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED)
equal((ended.si_code, ended.si_status), (os.CLD_STOPPED, signal.SIGTSTP), "it stops as the command does")
process.send_signal(signal.SIGCONT)
equal(process.stdout.readline(), b"continued\n", "both go on")
process.communicate(b"\n")
equal(process.returncode, 5, "the status afterwards")

# What the command leaves behind is still supervised.
no_supervisor()
process = subprocess.Popen([*RUN, "sh", "-c", f"(read line; cp --reflink=always {fs.seq(0)} {fs.seq(3)}) </dev/null & (sleep 1000 & echo $!) >{TMP}/pid"])
process.wait()
found = supervisors()
equal(len(found), 1, "the supervisor stays")
os.kill(int(content(f"{TMP}/pid")), signal.SIGKILL)
for supervisor in found:
    check(supervisor.wait(), "and ends with the last of them")
same_bytes(content(fs.seq(3)), data, "a clone of what was left behind")
