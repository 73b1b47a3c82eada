#!/usr/bin/env python3
"""A command under `zonecopy run` lives as if that were not there: status, signals, terminal and job control, descriptors, children, pipes,
what it ignores and what limits it has; and the supervisor holds nothing of it and ends with it."""
import pty
import resource
import select

from supervisors import no_supervisor, supervisors
from zctest import *

RUN = ("zonecopy", "run", "--")


# Exit statuses, as env(1) has them.
for status in (0, 1, 77, 125, 255):
    equal(run(*RUN, "sh", "-c", f"exit {status}").status, status, "status")
one_line(run(*RUN, "no-such-program"), 127, "no-such-program", "No such file")
one_line(run(*RUN, "./no/such/program"), 127, "No such file")
one_line(run(*RUN, "/"), 126, "Permission denied")
one_line(run(*RUN, file_with("not-executable", b"")), 126, "Permission denied")
one_line(run("zonecopy", "run", "--no-such-option", "true"), 125, "--no-such-option")
one_line(run("zonecopy", "run"), 125, "command")
one_line(run("zonecopy", "run", "--"), 125, "command")
equal(run("zonecopy", "run", "--help").status, 0, "--help")
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT):
    equal(run(*RUN, "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$").status, -number, "death by signal")
# Arguments are the command's, whatever they look like.
for arguments in (("-n", "a"), ("--help",), ("--", "--require-offload"), ("", " ")):
    for dashes in ((), ("--",)):
        equal(run("zonecopy", "run", *dashes, "printf", "%s,", *arguments).out, run("printf", "%s,", *arguments).out, "arguments")

# The process that was started is the command: same pid, parent, session, group, folder; no children, and no one to wait for.
TELL = """
import json, os, signal
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
try:
    child = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    child = None
print(json.dumps({
    "ids": [os.getpid(), os.getppid(), os.getsid(0), os.getpgrp()], "child": child, "folder": os.getcwd(),
    "descriptors": {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in sorted(os.listdir("/proc/self/fd"), key=int) if os.path.lexists(f"/proc/self/fd/{fd}")},
    "signals": [status[name].strip() for name in ("SigIgn", "SigBlk", "SigPnd", "ShdPnd")], "umask": status["Umask"].strip(),
    "limits": open("/proc/self/limits").read(), "environment": dict(os.environ), "nice": os.nice(0)}))
"""


def told(wrapper, closed="", before=None):
    out = os.path.join(TMP, "told")
    redirected = {"stdin": subprocess.DEVNULL, "stdout": open(out, "wb"), "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(["sh", "-c", f'exec "$@" {closed}', "sh", *wrapper, sys.executable, "-c", TELL], preexec_fn=before,
                               **redirected)
    redirected["stdout"].close()
    process.wait()
    facts = json.loads(content(out))
    equal(facts["ids"][0], process.pid, "the command is the process that was started")
    facts["ids"] = ["itself" if number == process.pid else number for number in facts["ids"]]
    return facts


def before():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD})
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o27)
    os.nice(3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 41))


def size_limit_ignored():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


lock = file_with("lock", b"")
for setting in (None, before, size_limit_ignored, os.setsid):
    for closed in ("", "<&-", "2>&-", "<&- 2>&-", f"7<{lock}", "5>&1 </dev/zero"):
        without, under = told((), closed, setting), told(RUN, closed, setting)
        for name, value in without.items():
            equal(under[name], value, f"{name} with {closed!r} and {setting}")
# Standard output closed: the command finds it closed.
for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
    tell = 'for fd in 0 1 2; do test -e /dev/fd/$fd || printf "$fd " >>"$0"; done'
    lists = []
    for wrapper in ((), RUN):
        path = file_with("closed", b"")
        run("sh", "-c", f'exec "$@" {closed}', "sh", *wrapper, "sh", "-c", tell, path)
        lists.append(content(path))
    equal(lists[1], lists[0], f"closed by {closed}")

# The supervisor: no descriptor, folder, session or mask of the command.
folder = os.path.join(TMP, "folder")
os.mkdir(folder)
reading, writing = os.pipe()
no_supervisor()
process = subprocess.Popen([*RUN, "sh", "-c", "echo ready; read line; exec sleep 1000"], cwd=folder, stdin=subprocess.PIPE, stdout=writing, pass_fds=[writing],
                           preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}))
os.close(writing)
equal(os.read(reading, 100), b"ready\n")
found = supervisors()
if equal(len(found), 1, "one supervisor"):
    supervisor, pid = found[0], found[0].pid
    for fd in os.listdir(f"/proc/{pid}/fd"):
        where = os.readlink(f"/proc/{pid}/fd/{fd}")
        check(where in ("/dev/null", "anon_inode:seccomp notify"), f"the supervisor holds {where}")
    equal(os.readlink(f"/proc/{pid}/cwd"), "/", "its folder")
    equal(os.getsid(pid) == os.getsid(process.pid), False, "its session")
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        equal(next(line.split()[1] for line in file if line.startswith("SigBlk")), "0" * 16, "its mask")
    process.kill()
    process.wait()
    equal(os.read(reading, 100), b"", "the pipe ends with the command")
    check(supervisor.wait(), "the supervisor ends with the command")
os.close(reading)

# It stays for what the command leaves behind, and no longer.
no_supervisor()
process = subprocess.Popen([*RUN, "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE)
child = int(process.communicate()[0])
equal(process.returncode, 0, "the command has ended")
found = supervisors()
if equal(len(found), 1, "a supervisor for the child"):
    os.kill(child, signal.SIGKILL)
    check(found[0].wait(), "the supervisor ends with the last child")


# Terminal and job control.
class Terminal:
    def __init__(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        self.text = b""

    def expect(self, words):
        deadline = waiting.Deadline()
        while words not in self.text and waiting.event({self.fd: select.POLLIN}, deadline):
            try:
                self.text += os.read(self.fd, 4096)
            except OSError:  # the other side is closed
                break
        if check(words in self.text, f"expected {words!r}: {self.text!r}"):
            self.text = self.text.split(words, 1)[1]

    def type(self, text):
        os.write(self.fd, text)


os.environ["PS1"] = "next> "
terminal = Terminal("bash", "--norc", "--noediting", "-i")
CAT = b"zonecopy run -- sh -c 'echo rea\"\"dy; exec cat'; echo status=$?\n"


def cat_echoes(word):
    terminal.type(word + b"\n")
    terminal.expect(word + b"\r\n" + word + b"\r\n")  # by the terminal, and by cat


terminal.type(CAT)
terminal.expect(b"ready\r\n")
cat_echoes(b"one")
terminal.type(b"\x1a")
terminal.expect(b"Stopped")
terminal.expect(b"status=148")
terminal.type(b"fg; echo status=$?\n")
terminal.expect(b"exec cat'\r\n")  # fg says what it continues
cat_echoes(b"two")
terminal.type(b"\x04")
terminal.expect(b"status=0")
terminal.type(CAT)
terminal.expect(b"ready\r\n")
cat_echoes(b"three")
terminal.type(b"\x03")
terminal.expect(b"^C")
terminal.expect(b"next> ")  # it has ended the shell's line as well
terminal.type(b"echo status=$?\n")
terminal.expect(b"status=130")
terminal.type(b"zonecopy run -- sh -c 'tty; stty size </dev/tty >/dev/null && echo has-terminal'\n")
terminal.expect(b"/dev/pts/")
terminal.expect(b"\r\nhas-terminal")
terminal.type(b"zonecopy run -- cat & wait %1; echo status=$?\n")
terminal.expect(b"status=149")  # SIGTTIN
terminal.type(b"kill -9 %1; exec true\n")
os.waitpid(terminal.pid, 0)
