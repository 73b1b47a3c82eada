"""File systems of Linux's own NVMe/TCP host on `zonecopy serve`: zonecopyfs with its copies, the kernel's zonefs and F2FS."""
from vmtest import *
from our_target import *


@section
def zonecopyfs_and_its_copies():
    # On XFS copies of an image share extents, so that nothing is moved at all: neither across the network nor at the target.
    for image, path in ((small_image(directory=xfs()), "offloaded"), (small_image(), "by_kernel")):
        target, host = served(image.path, options=("--mssrl", 64, "--mcl", 256, "--msrc", 16))
        fs = host.namespace().mount(foreground=True)
        data = pattern(3 * MIB)
        write_direct(fs.seq(0), data)
        before = target.statistics()
        succeeds("cp", "--reflink=auto", fs.seq(0), fs.seq(1))
        equal(copy_all_of(fs.seq(0), fs.seq(2), len(data)), len(data))
        copied = {name: after - before[name] for name, after in target.statistics().items()}
        for number in (1, 2):
            same_bytes(content(fs.seq(number)), data, f"{path}: seq/{number}")
        # What the mount has offloaded is what the target was asked for, however it does that: 1 MiB a command, in ranges of 256 KiB.
        equal(fs.copy_counters(), {"offloaded": (2 * len(data), 2)}, path)
        equal((copied["copies"], copied["copy_ranges"], copied["copies_failed"]), (6, 24, 0), f"{path}: Copy commands")
        equal({name: copied[f"copy_bytes_{name}"] for name in ("offloaded", "by_kernel", "emulated") if copied[f"copy_bytes_{name}"]},
              {path: 2 * len(data)}, f"{path}: bytes copied at the target")
        equal((copied["reads"], copied["writes"], copied["appends"]), (0, 0, 0), f"{path}: what came and went across the network")
        fs.unmount()
        host.disconnect()
        target.stop()


@section
def the_kernels_f2fs():
    # F2FS wants a device without zones as well, for what it writes in place.
    image = small_image(zones=64, capacity=None, max_open=0, max_active=0)
    _, host = served(image.path)
    disk = host.namespace(formatted=False)
    point = os.path.join(TMP, "f2fs")
    os.mkdir(point)
    must("mkfs.f2fs", "-f", "-m", "-c", disk.path, "/dev/plain")
    must("mount", "-t", "f2fs", "/dev/plain", point)
    data = {number: pattern(3 * MIB, number) for number in range(12)}
    for number, part in data.items():
        with open(f"{point}/{number}", "wb") as file:
            file.write(part)
            os.fsync(file.fileno())
        if number % 2:
            os.unlink(f"{point}/{number - 1}")
    must("umount", point)
    succeeds("fsck.f2fs", "--dry-run", "/dev/plain")
    must("mount", "-t", "f2fs", "/dev/plain", point)
    for number in range(1, 12, 2):
        same_bytes(content(f"{point}/{number}"), data[number], f"file {number}")
    must("umount", point)


@section
def the_kernels_zonefs():
    image = small_image()
    _, host = served(image.path)
    disk = host.namespace(formatted=False)
    equal([disk.queue_limit(f"max_{what}_zones") for what in ("open", "active")], ["4", "6"])
    ended = run(f"{REPOSITORY}/tests/parity/suite/run", "--mount", "kernel", "--device", disk.path, "--bin", BIN)
    equal(ended.status, 0, ended.out + ended.err)
    print(ended.out.splitlines()[-1])


run_sections()
