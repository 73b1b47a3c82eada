#!/usr/bin/env python3
"""examples/log_store under kill -9 at random moments, of the store or of the mount: what was acknowledged is there, and what was
deleted stays away.

ZCTEST_SEED repeats a run's moments, ZCTEST_ROUNDS sets how many there are. tests/crash/log_store has a thousand.
"""
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
ROUNDS = int(os.environ.get("ZCTEST_ROUNDS", "15"))
KEYS = [f"key{number}" for number in range(20)]
WAYS = ("gather", "copy_file_range", "read-write")
randomly = random.Random(SEED)
print(f"seed {SEED}")


class Session:
    """A store that serves, until it is killed."""
    def __init__(self, fs, way):
        self.process = subprocess.Popen(["log_store", f"{fs.path}/seq", "--zones", "0-5", "--gc", way, "serve"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, line):
        """The answer; None if the store is gone, or tells of an error: then nobody knows whether it was done."""
        self.said = ""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        self.said = self.process.stdout.readline()
        return self.said.rstrip("\n") if self.said.endswith("\n") and not self.said.startswith(("! ", "log_store: ")) else None

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.process.stdout.close()


def state(session):
    """All keys and values; None if the store cannot tell."""
    listed = session.ask("list")
    if listed is None:
        return None
    return {key: session.ask(f"get {key}").removeprefix("= ") for key in listed.removeprefix("=").split()}


def work_until_killed(session, expected, moment, kill):
    """Random commands; `expected` is what was acknowledged. The command that was not answered: (key, value), value None for a
    deletion; nothing if there is none."""
    # Nothing is waited for: the moment is what is tried.
    killer = threading.Timer(moment, kill)
    killer.start()
    while True:
        key, chance, value, command = randomly.choice(KEYS), randomly.random(), None, "gc"
        if chance < 0.7:
            value = randomly.randbytes(randomly.choice((5, 1500, 2100, 6000, 14000, 30000))).hex()
            command = f"put {key} {value}"
        elif chance < 0.9:
            command = f"delete {key}"
        answer = session.ask(command)
        if answer is None:
            break
        if command != "gc":
            equal(answer, "ok", command[:40])
            expected[key] = value
    killer.join()
    return (key, value) if command != "gc" else None


def compare(found, expected, unanswered, what):
    """`expected` becomes what is there."""
    if unanswered:
        key, value = unanswered
        check(found.get(key) in (value, expected.get(key)), f"{what}: {key} is neither as it was nor as it was to become")
        expected[key] = found.get(key)
    wanted = {key: value for key, value in expected.items() if value is not None}
    for key in KEYS:
        if wanted.get(key) != found.get(key):
            if key not in found:
                fail(f"{what}: {key} was acknowledged and is lost")
            elif key not in wanted:
                fail(f"{what}: {key} was deleted and has come back")
            else:
                fail(f"{what}: {key} is an old version, or damaged")


image = Image(zones=7, zone_size=512 * KIB)
fs = image.mount()
expected, unanswered = {}, None
kills = {"the store": 0, "the mount": 0}
for round_number in range(ROUNDS):
    way, victim, moment = randomly.choice(WAYS), randomly.choice(("the store", "the store", "the mount")), randomly.uniform(0, 0.4)
    what = f"seed {SEED}, round {round_number}, {way}, {victim} killed after {moment:.3f} s"
    session = Session(fs, way)
    unanswered = work_until_killed(session, expected, moment,
                                   session.process.kill if victim == "the store" else lambda: os.kill(fs.pid, signal.SIGKILL))
    session.end()
    kills[victim] += 1
    if victim == "the mount":
        fs.wait_for_end()
        fs = image.mount(point=fs.path)
    session = Session(fs, way)
    found = state(session)
    if found is None:
        session.end()
        fail(f"{what}: the store does not open: {session.said}")
        break
    compare(found, expected, unanswered, what)
    session.end()
print(f"{kills['the store']} times the store was killed, {kills['the mount']} times the mount")
fs.unmount()
