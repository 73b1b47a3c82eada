#!/usr/bin/env python3
"""kill -9 at random moments while files are written: every file is a prefix of what was sent, nothing fsynced is lost.

ZCTEST_SEED repeats a run's moments, ZCTEST_ROUNDS sets how many there are.
"""
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
ROUNDS = int(os.environ.get("ZCTEST_ROUNDS", "10"))
WRITERS = 4
randomly = random.Random(SEED)
print(f"seed {SEED}")

image = Image(zones=WRITERS + 1, zone_size=64 * MIB)
fs = image.mount()
streams = [pattern(4 * MIB, number) for number in range(WRITERS)]  # each file repeats its stream


def sent(number, start, length):
    stream = streams[number]
    start %= len(stream)
    return (stream * ((start + length) // len(stream) + 1))[start:start + length]


def writer(number, flags, seed, board):
    """Writes on from the file's end until the mount is gone; tells on the board what was acknowledged and fsynced."""
    randomly_here = random.Random(seed)
    try:
        with opened(fs.seq(number), O_WRONLY | flags) as fd:
            at = os.fstat(fd).st_size
            while True:
                length = 4096 * randomly_here.choice((1, 2, 16, 64, 300))
                count = os.pwrite(fd, aligned(sent(number, at, length)), at)
                at += count
                struct.pack_into("<Q", board, 16 * number, at)
                if randomly_here.random() < 0.3:
                    os.fsync(fd)
                    struct.pack_into("<Q", board, 16 * number + 8, at)
    except OSError as error:
        if error.errno == errno.EFBIG:
            return
        check(error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ENXIO), f"a writer met {error}")


for round_number in range(ROUNDS):
    board = mmap.mmap(-1, 4096)
    flags = [O_DIRECT, 0, O_DIRECT | O_DSYNC, O_DIRECT]
    seeds = [randomly.random() for _ in range(WRITERS)]
    moment = randomly.uniform(0, 0.25)

    def killer():
        time.sleep(moment)  # nothing is waited for: the moment is what is tried
        os.kill(fs.pid, signal.SIGKILL)

    at_once(*(lambda number=number: writer(number, flags[number], seeds[number], board) for number in range(WRITERS)), killer)
    fs.wait_for_end()
    fs = image.mount(point=fs.path)
    what = f"seed {SEED}, round {round_number}, killed after {moment:.3f} s"
    zones = report(image.path)
    for number in range(WRITERS):
        acknowledged, fsynced = struct.unpack_from("<QQ", board, 16 * number)
        size = os.stat(fs.seq(number)).st_size
        equal(size, zones[image.zone_of_seq(number)].written, f"{what}: seq/{number}: size and write pointer")
        check(size >= fsynced, f"{what}: seq/{number}: {size} bytes, but {fsynced} were fsynced")
        check(size >= acknowledged, f"{what}: seq/{number}: {size} bytes, but {acknowledged} were acknowledged")
        with opened(fs.seq(number), O_RDONLY | O_DIRECT) as fd:
            for at in range(0, size, 8 * MIB):
                length = min(8 * MIB, size - at)
                if not same_bytes(read_direct(fd, length, at), sent(number, at, length), f"{what}: seq/{number} from {at}"):
                    break
        if size > 40 * MIB:
            os.truncate(fs.seq(number), 0)
fs.unmount()
