#!/usr/bin/env python3
"""kill -9 at random moments of a compaction, of the command or the daemon: no live extent is lost, and a second run finishes exactly.

ZCTEST_SEED repeats a run's moments, ZCTEST_KILLS sets how many there are (tests/crash/compact: the long campaign).
"""
from compacting import *
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("ZCTEST_KILLS", "15"))
CAPACITY = 256 * KIB
randomly = random.Random(SEED)
print(f"seed {SEED}, {KILLS} kills", flush=True)


def fresh_zones(fs, number):
    """Zones with garbage, others that are nobody's business, and a few empty ones."""
    count = fs.image.zone_count - fs.image.zone_of_seq(0)
    numbers = list(range(count))
    randomly.shuffle(numbers)
    empty = randomly.randint(1, 4)
    others = numbers[empty:empty + 2]
    return Zones(fs, random_live(randomly, numbers[empty + 2:], CAPACITY // BLOCK), seed=number, others=others)


def killed_run(zones, longest):
    """Whether the run was killed before it ended, and the mount after that. `longest`: how long a whole run takes, in seconds."""
    fs = zones.fs
    kills_daemon, daemon_killed = randomly.random() < 0.3, False
    moment = randomly.uniform(0, longest * 1.1)
    # The search for leaks at the end complains of being killed.
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    process = subprocess.Popen(zones.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=environment)
    try:
        process.wait(timeout=moment)  # nothing is waited for: the moment is what is tried
    except subprocess.TimeoutExpired:
        daemon_killed = kills_daemon
        os.kill(fs.pid if kills_daemon else process.pid, signal.SIGKILL)
    words = process.communicate()[1].decode(errors="replace")
    if daemon_killed and process.returncode == 1:
        equal(len(words.splitlines()), 1, f"one line tells of a daemon that died: {words}")
    if daemon_killed:
        fs.wait_for_end()
        zones.fs = fs = image.mount(options, point=fs.path)
    return process.returncode != 0


killed = ended = 0
number = 0
while killed < KILLS:
    number += 1
    max_active = randomly.choice((0, 0, 3, 2))
    # The devices' limits are those of the image, so some tries get one of their own.
    if number % 10 == 1:
        if number > 1:
            fs.unmount()
        image = Image(zones=randomly.randint(10, 24), zone_size=CAPACITY, max_active=max_active)
        options = randomly.choice(("", "copy=emulate", "explicit-open"))
        fs = image.mount(options)
        zones = fresh_zones(fs, number)
        begun = time.monotonic()
        equal(zones.compact().status, 0, "without a kill")
        longest = time.monotonic() - begun
        zones.check_finished(f"seed {SEED}, try {number}, without a kill")
        zones.forget()
        number += 1
    zones = fresh_zones(fs, number)
    what = f"seed {SEED}, try {number}"
    # Sometimes the run that was to finish it is killed as well.
    for _ in range(randomly.choice((1, 1, 2, 3))):
        was_killed = killed_run(zones, longest)
        fs = zones.fs
        killed += was_killed
        zones.check_nothing_lost(what)
        if not was_killed:
            break
    if os.path.exists(zones.plan_path) or not os.path.exists(zones.map_path):
        last = zones.compact()
        check(last.status == 0, f"{what}: the second run: {last}")
        ended += 1
    zones.check_finished(what)
    zones.forget()
print(f"seed {SEED}: {killed} kills, {ended} second runs", flush=True)
fs.unmount()
