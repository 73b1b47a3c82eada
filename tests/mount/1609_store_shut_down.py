#!/usr/bin/env python3
"""A file system that is shut down beneath a mounted image, as by a cut of power: what was synced is there afterwards, what
was not is there from the start on or not at all, and nobody dies meanwhile.

ZCTEST_SEED repeats a run's choices, ZCTEST_ROUNDS sets how many there are.
"""
from zctest import *

need_program("xfs_io")
SEED = int(os.environ.get("ZCTEST_SEED", random.randrange(1 << 30)))
ROUNDS = int(os.environ.get("ZCTEST_ROUNDS", "5"))
randomly = random.Random(SEED)
print(f"seed {SEED}")
BLOCKS = 64

place = xfs(GIB)
backing = os.path.join(TMP, "xfs.backing")
image = Image(zones=8, zone_size=MIB, directory=place)
point = os.path.join(TMP, "point")
os.mkdir(point)


def block_of(generation, number, index):
    return struct.pack("<QQQ", generation, number, index).ljust(4096, b"\xa5")


def blocks(generation, number, start, end):
    return b"".join(block_of(generation, number, index) for index in range(start, end))


generation, lost = 0, 0
for round_number in range(ROUNDS):
    fs = Mount(image, point=point)
    expected = {}  # zone: (generation of what is there, blocks that are synced, all blocks, whether the reset is certain)
    for number in range(7):
        generation += 1
        os.truncate(fs.seq(number), 0)
        first, second = randomly.randrange(1, BLOCKS), randomly.randrange(1, BLOCKS)
        synced = 0
        with opened(fs.seq(number), O_WRONLY | O_DIRECT) as fd:
            os.pwrite(fd, aligned(blocks(generation, number, 0, first)), 0)
            if randomly.randrange(2):
                os.fsync(fd)
                synced = first
            os.pwrite(fd, aligned(blocks(generation, number, first, first + second)), first * 4096)
        expected[number] = generation, synced, first + second
    if randomly.randrange(2):  # the kernel writes the table back whenever it likes, and nothing else with it
        must("xfs_io", "-c", "sync_range -b -w -a 4096 4096", image.path)
    # With or without what is in XFS' log by now.
    must("xfs_io", "-x", "-c", randomly.choice(("shutdown", "shutdown -f")), place)
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        refused("EIO", os.pwrite, fd, aligned(4096), os.fstat(fd).st_size)
    with contextlib.suppress(OSError):
        os.truncate(fs.seq(1), 0)
    check(fs.alive(), "the daemon is gone")
    check(run("zonecopy", "report", image.path).status in (0, 1), "report")
    must("umount", "-l", point)
    fs.wait_for_end()
    must("umount", place)
    must("mount", "-o", "loop", backing, place)

    fs = Mount(image, point=point)
    for number, (of_generation, synced, written) in expected.items():
        data = content(fs.seq(number))
        what = f"seed {SEED}, round {round_number}, seq/{number}, synced {synced} of {written}"
        count = len(data) // 4096
        # seq/1 was reset after the cut: in vain, or not at all.
        check(synced <= count <= written, f"{what}: {count} blocks are there")
        same_bytes(data, blocks(of_generation, number, 0, count), what)
        lost += count < written
    fs.unmount()
check(lost > 0, "nothing was ever lost: then this shows nothing")
