#!/usr/bin/env python3
"""kill -9 at random moments of a clone and of those that go on with it: in the end source and destination are always the same.

ZCTEST_SEED repeats a run's moments, ZCTEST_KILLS sets how many there are, ZCTEST_DISK the size in MiB (tests/crash/clone: the long
campaign).
"""
from cloning import *
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("ZCTEST_KILLS", "10"))
ZONE = 16 * MIB
ZONES = int(os.environ.get("ZCTEST_DISK", "256")) * MIB // ZONE
randomly = random.Random(SEED)
print(f"seed {SEED}, {KILLS} kills, {ZONES} zones", flush=True)


def random_disk(directory):
    """About a fifth of it is data: empty zones, full ones, some finished early, some written in part."""
    image = empty_disk(directory, zones=ZONES, zone_size=ZONE, **shape)
    image.format("-L", "disk")
    fs = image.mount()
    data = pattern(ZONE, SEED % 1000)
    count = ZONES - max(1, image.conventional)
    numbers = randomly.sample(range(count), count)
    # Those that stay active come last: while they are, they have all the places that there are.
    partly = [numbers.pop() for _ in range(min(shape["max_active"] or ZONES // 10, count // 2))]
    left = ZONES * ZONE // 5
    while numbers and left > 0:
        number, length = numbers.pop(), randomly.choice((ZONE, randomly.randrange(0, ZONE // 4096) * 4096))
        if length:
            write_direct(fs.seq(number), data[:length])
        os.truncate(fs.seq(number), ZONE)
        left -= length
    for number in partly:
        write_direct(fs.seq(number), data[:randomly.randrange(1, ZONE // 4096) * 4096])
    for number in range(max(0, image.conventional - 1)):
        with opened(fs.cnv(number), os.O_WRONLY) as fd:
            os.pwrite(fd, data[:randomly.randrange(1, ZONE)], randomly.randrange(0, ZONE // 2) if randomly.random() < .2 else 0)
    fs.unmount()
    return image


def killed_clone(*options):
    """Whether it was killed before it ended."""
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    process = subprocess.Popen(["zonecopy", "clone", source.path, target.path, *options], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    try:
        process.wait(timeout=randomly.uniform(0, longest * 1.1))  # nothing is waited for: the moment is what is tried
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    words = process.communicate()[1].decode(errors="replace")
    check(process.returncode in (0, -signal.SIGKILL), f"{what}: status {process.returncode}: {words}")
    return process.returncode != 0


# From a file system to the same one, and to another, where the data has to be moved by the one or the other way.
directories = [*places(), small_file_system((ZONES + 8) * ZONE)]
killed = tries = 0
while killed < KILLS:
    shape = {"conventional": randomly.choice((0, 1, 3)), "max_open": randomly.choice((0, 2)), "max_active": randomly.choice((0, 3))}
    if shape["max_open"] == 0:
        shape["max_active"] = 0
    source = random_disk(randomly.choice(directories))
    home = randomly.choice(directories)
    longest = None
    for number in range(5):
        tries += 1
        what = f"seed {SEED}, try {tries}"
        target = empty_disk(home, zones=ZONES, zone_size=ZONE, **shape)
        if longest is None:
            begun = time.monotonic()
            clone(source.path, target.path)
            longest = time.monotonic() - begun
            os.unlink(target.path)
            target = empty_disk(home, zones=ZONES, zone_size=ZONE, **shape)
        resume = []
        for _ in range(randomly.choice((1, 2, 4))):
            was_killed = killed_clone(*resume, "--jobs", str(randomly.choice((1, 2))))
            killed += was_killed
            resume = ["--resume"]
            if not was_killed:
                break
        told = clone(source.path, target.path, "--resume", "--verify")
        equal((told["verified"], told["error"]), (True, None), what)
        equal([zone.written for zone in target.report()], [zone.written for zone in source.report()], what)
        check(super_block(target.path)[80 + 8:] == super_block(source.path)[80 + 8:], f"{what}: the super block")
        last = killed >= KILLS or number == 4
        if last:
            check_same(source, target, what)  # by other means than the command's own
        os.unlink(target.path)
        if last:
            break
    os.unlink(source.path)
print(f"seed {SEED}: {killed} kills in {tries} clones", flush=True)
