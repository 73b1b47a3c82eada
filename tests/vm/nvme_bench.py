"""What a mount costs beside the drive itself, the kernel's zonefs and reading and writing: medians of alternating rounds.

The drive is emulated: how fast it is says nothing, how one way compares to another on it in the same run does.
"""
import statistics

from vmtest import *

ROUNDS = int(os.environ.get("ZONECOPY_BENCH_ROUNDS", "7"))
COPIES = 4  # pairs of copies in a round
RANGE_BLOCKS, COMMAND_BLOCKS = 256, 1024  # the drive's limits: MSSRL, MCL
WRITTEN = 16 * MIB
READ_SECONDS = 0.6
# The issue's own measure: a copy through the mount may take so much longer than its commands alone.
COPY_LIMIT = 1.1

drive = Namespace("bench")
kernel = os.path.join(TMP, "kernel")
os.makedirs(kernel, exist_ok=True)
found = {}


def measure(what, *arguments):
    found.setdefault(what, []).append(float(must("raw_passthrough", *arguments, timeout=120).out))


def reset(number):
    drive.foreign_zone_send(number, ZONE_RESET)


def with_zonecopyfs():
    fs = drive.mount()
    write_direct(fs.seq(0), data)
    for _ in range(COPIES):
        measure("copy through the mount", "copy-file", fs.seq(0), fs.seq(1), drive.capacity)
        os.truncate(fs.seq(1), 0)
        # What a call costs is paid once: little for a zone, more for the least worth offloading.
        measure("one command through the mount", "copy-file", fs.seq(0), fs.seq(1), COMMAND_BLOCKS * 4096)
        os.truncate(fs.seq(1), 0)
        measure("one command by passthrough", "copy", drive.char, drive.lba_of_seq(0), drive.lba_of_seq(6), COMMAND_BLOCKS,
                RANGE_BLOCKS, COMMAND_BLOCKS)
        reset(6)
        # The same commands, to a zone that the mount does not look at meanwhile.
        measure("copy by passthrough", "copy", drive.char, drive.lba_of_seq(0), drive.lba_of_seq(6), drive.capacity // 4096,
                RANGE_BLOCKS, COMMAND_BLOCKS)
        reset(6)
    equal(fs.counter("bytes_emulated"), 0)
    measure("read + write through the mount", "read-write", fs.seq(0), fs.seq(1), drive.capacity)
    os.truncate(fs.seq(1), 0)
    for _ in range(2):
        measure("write zonecopyfs", "write", fs.seq(2), 0, WRITTEN)
        os.truncate(fs.seq(2), 0)
    for depth in (1, 32):
        measure(f"read {depth} zonecopyfs", "read", fs.seq(0), 0, drive.capacity, depth, READ_SECONDS)
    fs.unmount()


def with_passthrough():
    for _ in range(2):
        measure("write passthrough", "write", drive.char, drive.lba_of_seq(6) * 4096, WRITTEN)
        reset(6)
    for depth in (1, 32):
        measure(f"read {depth} passthrough", "read", drive.char, drive.lba_of_seq(0) * 4096, drive.capacity, depth, READ_SECONDS)


def with_kernel():
    must("mount", "-t", "zonefs", drive.path, kernel)
    for _ in range(2):
        # A zone that only the kernel writes, and resets: it remembers write pointers.
        measure("write kernel", "write", f"{kernel}/seq/5", 0, WRITTEN)
        os.truncate(f"{kernel}/seq/5", 0)
    for depth in (1, 32):
        measure(f"read {depth} kernel", "read", f"{kernel}/seq/0", 0, drive.capacity, depth, READ_SECONDS)
    must("umount", kernel)


def median(what):
    return statistics.median(found[what])


data = pattern(drive.capacity)
for round_number in range(ROUNDS):
    ways = [with_passthrough, with_kernel]
    with_zonecopyfs()
    for way in ways if round_number % 2 == 0 else reversed(ways):
        way()
    fs = drive.mount()
    os.truncate(fs.seq(0), 0)
    fs.unmount()

copied = drive.capacity // MIB
print(f"\n== a full zone, {copied} MiB, {-(-drive.capacity // 4096 // COMMAND_BLOCKS)} Copy commands; medians of {ROUNDS * COPIES}")
for what in ("copy by passthrough", "copy through the mount", "read + write through the mount"):
    print(f"{what:32} {median(what) * 1000:9.1f} ms   {median(what) / median('copy by passthrough'):6.2f}   "
          f"(from {min(found[what]) * 1000:.1f} to {max(found[what]) * 1000:.1f} ms)")
ratio = median("copy through the mount") / median("copy by passthrough")
print(f"a copy through the mount takes {ratio:.3f} times its commands alone (at most {COPY_LIMIT} wanted), "
      f"read + write takes {median('read + write through the mount') / median('copy through the mount'):.2f} times the copy")
print(f"a copy of {COMMAND_BLOCKS * 4096 // MIB} MiB, one command, takes "
      f"{median('one command through the mount') / median('one command by passthrough'):.2f} times that")

for title, what, unit, scale in ((f"4 KiB random reads, {1} in flight", "read 1", "reads/s", 1),
                                 ("4 KiB random reads, 32 in flight", "read 32", "reads/s", 1),
                                 ("128 KiB sequential writes", "write", "MiB/s", MIB)):
    print(f"\n== {title}; medians of {len(found[what + ' kernel'])}")
    ours = median(f"{what} zonecopyfs")
    for way in ("passthrough", "kernel", "zonecopyfs"):
        value = median(f"{what} {way}")
        print(f"{'kernel zonefs' if way == 'kernel' else way:16} {value / scale:10.0f} {unit:8} zonecopyfs is {ours / value:5.2f} of it")

check(ratio <= COPY_LIMIT, f"an offloaded copy takes {ratio:.3f} times its commands alone")
