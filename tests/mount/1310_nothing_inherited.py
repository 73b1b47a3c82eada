#!/usr/bin/env python3
"""A daemon takes nothing over from the shell that starts it: descriptors, closed standard files, limits, masks; what is ignored stays so."""
from zctest import *

image = Image()
point = os.path.join(TMP, "point")
os.mkdir(point)


def daemon():
    fs = Mount.__new__(Mount)
    fs.image, fs.options, fs.path, fs.process = image, "", point, None
    return fs.found_again()


def field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line.split()[1] for line in file if line.startswith(name + ":")), 16)


# A script's lock is free once the script lets go of it.
lock = os.path.join(TMP, "lock")
open(lock, "wb").close()
for starter in ('exec 9<"$4"; flock 9; "$1" "$2" "$3"', 'exec 9<"$4"; flock 9; exec "$1" "$2" "$3"'):
    for name in ("zonecopyfs", "mount.zonecopyfs"):
        must("bash", "-c", starter, "sh", program(name), image.path, point, lock)
        with opened(lock, O_RDONLY) as fd:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                fail(f"{name}: the lock is still held: {error}")
        fs = daemon()
        check(lock not in [os.readlink(f"/proc/{fs.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{fs.pid}/fd")], "held open")
        fs.unmount()

# Standard files that are closed, in each combination: mounted, status 0, and none of them is a device or image.
for closed in ("<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
    for name in ("zonecopyfs", "mount.zonecopyfs"):
        ended = run("bash", "-c", f'"$1" "$2" "$3" {closed}', "sh", program(name), image.path, point)
        equal(ended.status, 0, f"{name} {closed}")
        check(os.path.ismount(point), f"{name} {closed}: not mounted")
        fs = daemon()
        equal([os.readlink(f"/proc/{fs.pid}/fd/{fd}") for fd in range(3)], ["/dev/null"] * 3, closed)
        equal(write_direct(f"{point}/seq/0", pattern(4096)), 4096, closed)
        fs.unmount()

# What a program prints does not land in what it formats.
plain = Image()
must("bash", "-c", '"$1" -v -f "$2" >&-', "sh", program("mkfs.zonecopyfs"), plain.path)
with unchanged(plain.path):
    run("bash", "-c", '"$1" report "$2" >&-', "sh", program("zonecopy"), plain.path)
    run("bash", "-c", '"$1" report "$2" <&- >&- 2>&-', "sh", program("zonecopy"), plain.path)
plain.mount().unmount()

# Limits and the signal mask.
must("bash", "-c", 'ulimit -S -n 64 -f 1000 -t 5; exec "$1" "$2" "$3"', "sh", program("zonecopyfs"), image.path, point)
fs = daemon()
with open(f"/proc/{fs.pid}/limits", encoding="ascii") as file:
    limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
for name in ("Max open files", "Max file size", "Max cpu time"):
    equal(limits[name][0], limits[name][1], f"{name}: soft and hard")
fs.unmount()
blocked = (signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR2, signal.SIGALRM)
subprocess.run([program("zonecopyfs"), image.path, point], check=True, stdin=subprocess.DEVNULL,
               preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, blocked))
fs = daemon()
equal(field(fs.pid, "SigBlk") >> (signal.SIGALRM - 1) & 1, 0, "SIGALRM is blocked as it was for the caller")
os.kill(fs.pid, signal.SIGTERM)
fs.wait_for_end()

# What is ignored stays ignored: nohup, and what a shell starts in the background. It still ends, by the others and by umount.
for ignored in ((signal.SIGHUP,), (signal.SIGHUP, signal.SIGINT), (signal.SIGUSR2, signal.SIGCHLD)):
    def ignore():
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
    for last in ("term", "umount"):
        subprocess.run([program("zonecopyfs"), image.path, point], check=True, stdin=subprocess.DEVNULL, preexec_fn=ignore)
        fs = daemon()
        for number in set(ignored) & {signal.SIGHUP, signal.SIGINT}:
            equal(field(fs.pid, "SigIgn") >> (number - 1) & 1, 1, f"{number.name} is ignored")
            equal(field(fs.pid, "SigBlk") >> (number - 1) & 1, 0, f"{number.name} is not waited for")
            os.kill(fs.pid, number)
        equal(len(os.listdir(f"{point}/seq")), 11)
        if last == "term":
            os.kill(fs.pid, signal.SIGTERM)
            fs.wait_for_end()
            check(not os.path.ismount(point), "still mounted")
        else:
            fs.unmount()
