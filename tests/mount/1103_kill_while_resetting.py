#!/usr/bin/env python3
"""kill -9 at random moments while zones are written, finished and reset again: what is found is of one generation.

ZCTEST_SEED repeats a run's moments, ZCTEST_ROUNDS sets how many there are.
"""
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
ROUNDS = int(os.environ.get("ZCTEST_ROUNDS", "8"))
CAPACITY = MIB
randomly = random.Random(SEED)
print(f"seed {SEED}")


def block_of(generation, index):
    return struct.pack("<QQ", generation, index) * 256


def cycler(fs, number, board):
    try:
        with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
            generation = struct.unpack_from("<Q", board, 8 * number)[0]
            while True:
                os.ftruncate(fd, 0)
                generation += 1
                struct.pack_into("<Q", board, 8 * number, generation)
                for start in range(0, 40, 8):
                    data = b"".join(block_of(generation, index) for index in range(start, start + 8))
                    os.pwrite(fd, aligned(data), start * 4096)
                if generation % 2:
                    os.ftruncate(fd, CAPACITY)
    except OSError as error:
        check(error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ENXIO), f"a writer met {error}")


image = Image(zones=5, zone_size=CAPACITY)
fs = image.mount()
board = mmap.mmap(-1, 4096)
for round_number in range(ROUNDS):
    moment = randomly.uniform(0, 0.2)

    def killer():
        time.sleep(moment)  # nothing is waited for: the moment is what is tried
        os.kill(fs.pid, signal.SIGKILL)

    at_once(*(lambda number=number: cycler(fs, number, board) for number in range(4)), killer)
    fs.wait_for_end()
    fs = image.mount(point=fs.path)
    what = f"seed {SEED}, round {round_number}, killed after {moment:.3f} s"
    for number in range(4):
        latest = struct.unpack_from("<Q", board, 8 * number)[0]
        data = content(fs.seq(number))
        equal(len(data), image.seq_zone(number).written, f"{what}: seq/{number}: size and write pointer")
        if not data:
            continue
        generation = struct.unpack_from("<Q", data)[0]
        check(generation in (latest, latest - 1), f"{what}: seq/{number} holds generation {generation} of {latest}")
        expected = b"".join(block_of(generation, index) for index in range(40))
        if len(data) == CAPACITY:
            expected += bytes(CAPACITY - len(expected))
        same_bytes(data, expected[:len(data)], f"{what}: seq/{number}")
fs.unmount()
