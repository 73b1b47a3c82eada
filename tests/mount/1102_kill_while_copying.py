#!/usr/bin/env python3
"""kill -9 at random moments during copies, offloaded and emulated: every destination is a prefix of the source.

ZCTEST_SEED repeats a run's moments, ZCTEST_ROUNDS sets how many there are.
"""
from zctest import *

SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
ROUNDS = int(os.environ.get("ZCTEST_ROUNDS", "4"))
SIZE = 24 * MIB
randomly = random.Random(SEED)
print(f"seed {SEED}")

for directory in places():
    for mode in ("copy=auto", "copy=emulate"):
        image = Image(zones=6, zone_size=SIZE, directory=directory)
        fs = image.mount(mode)
        source = pattern(SIZE)
        write_direct(fs.seq(0), source)
        for round_number in range(ROUNDS):
            board = mmap.mmap(-1, 4096)
            moment = randomly.uniform(0, 0.15)

            def copier(number):
                piece = 4096 * (1, 32, 512)[number - 1]
                try:
                    with opened(fs.seq(0), O_RDONLY) as fd_in, opened(fs.seq(number), O_RDWR) as fd_out:
                        at = 0
                        while at < SIZE:
                            at += copy_range(fd_in, fd_out, piece, at, at)
                            struct.pack_into("<Q", board, 8 * number, at)
                except OSError as error:
                    check(error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ENXIO), f"a copier met {error}")

            def killer():
                time.sleep(moment)  # nothing is waited for: the moment is what is tried
                os.kill(fs.pid, signal.SIGKILL)

            at_once(*(lambda number=number: copier(number) for number in (1, 2, 3)), killer)
            fs.wait_for_end()
            fs = image.mount(mode, point=fs.path)
            what = f"seed {SEED}, {directory} {mode}, round {round_number}, killed after {moment:.3f} s"
            zones = report(image.path)
            for number in (1, 2, 3):
                acknowledged = struct.unpack_from("<Q", board, 8 * number)[0]
                data = content(fs.seq(number))
                equal(len(data), zones[image.zone_of_seq(number)].written, f"{what}: seq/{number}: size and write pointer")
                check(len(data) >= acknowledged, f"{what}: seq/{number}: {len(data)} bytes, {acknowledged} were acknowledged")
                same_bytes(data, source[:len(data)], f"{what}: seq/{number}")
                os.truncate(fs.seq(number), 0)
        same_bytes(content(fs.seq(0)), source, "the source")
        fs.unmount()
        os.unlink(image.path)
