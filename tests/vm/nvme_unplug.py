"""Drives that are pulled while they are used: everybody gets an errno or a short count, nothing hangs, and umount works."""
from vmtest import *

# Pulling takes the kernel some five seconds, so what has to be under way then goes on and on. Each drive is pulled once.


def start(name, options=""):
    drive = Namespace(name)
    fs = drive.mount(options, foreground=True)
    write_direct(fs.seq(0), pattern(drive.capacity))
    return drive, fs


def pull(drive, name):
    started = time.monotonic()
    check('"return"' in qmp("device_del", json.dumps({"id": name})), "QEMU does not unplug")
    end = time.monotonic() + 40
    while (namespace_path(name) is not None or os.path.exists(drive.char)) and time.monotonic() < end:
        time.sleep(0.02)
    check(not os.path.exists(drive.char), f"the drive is still there after {time.monotonic() - started:.0f} s")


def again_and_again(step, seconds=60):
    """Does `step` until it fails; the error."""
    def loop():
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            step()
        return "it never failed"
    return in_background(loop)


def examine_ruins(drive, fs, command):
    """What has to work without the drive, and what has to fail in an orderly way."""
    log = fs.log()
    # Now and then it is the reset between two rounds that finds the drive gone.
    check(re.search(rf"ERROR: .*({command}|zone reset) on {drive.path}, zone \d+, LBA \d+: ", log),
          f"the log does not name command, zone and LBA: {log}")
    for function in (lambda: content(fs.seq(0)), lambda: write_direct(fs.seq(3), pattern(4096), 0), lambda: os.truncate(fs.seq(0), 0),
                     lambda: copy_paths(fs.seq(0), fs.seq(3), 4096)):
        try:
            function()
            fail("something worked without a drive")
        except OSError as error:
            check(error.errno in (errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV, errno.EPERM), f"an unexpected error: {error}")
    equal(len(os.listdir(fs / "seq")), len(drive_zones[drive.path]) - 1, "the tree can still be listed")
    equal(fs.counter("read_only"), 1, "the mount is read-only")
    succeeds("zonecopy", "status", fs.path)
    check(fs.alive(), "the daemon ended by itself")
    fs.unmount()
    check(fs.process.returncode in (0, 1), f"the daemon ended with {fs.process.returncode}: {fs.log()[-500:]}")


drive_zones = {}


@section
def in_mid_copy():
    # A Copy command for each block: a whole zone takes thousands of them.
    drive, fs = start("copied", "copy=auto,copy_max_bytes=4KiB")
    drive_zones[drive.path] = drive.report()
    acknowledged = 0

    def copy():
        nonlocal acknowledged
        os.truncate(fs.seq(1), 0)
        acknowledged = 0
        with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(1), O_RDWR) as target:
            while acknowledged < drive.capacity:
                acknowledged += copy_range(source, target, drive.capacity - acknowledged, acknowledged, acknowledged)

    copier = again_and_again(copy)
    trace.mark()
    end = time.monotonic() + 20
    while trace.count("pci_nvme_copy") < 100 and time.monotonic() < end:
        time.sleep(0.1)
    pull(drive, "copied")
    error = copier.result()
    check(isinstance(error, OSError) and error.errno in (errno.EIO, errno.EROFS), f"the copier got {error!r}")
    # What was not copied is not acknowledged, and not done by reading and writing a drive that is gone.
    check(acknowledged <= os.stat(fs.seq(1)).st_size or os.stat(fs.seq(1)).st_size == 0,
          f"{acknowledged} bytes were acknowledged, the file has {os.stat(fs.seq(1)).st_size}")
    equal(fs.counter("bytes_emulated"), 0)
    examine_ruins(drive, fs, "copy")


@section
def in_mid_write():
    drive, fs = start("written")
    drive_zones[drive.path] = drive.report()
    data = aligned(128 * KIB)

    def write():
        os.truncate(fs.seq(1), 0)
        with opened(fs.seq(1), O_WRONLY | O_DIRECT) as fd:
            for offset in range(0, drive.capacity, len(data)):
                if os.pwrite(fd, data, offset) < len(data):
                    return

    writer = again_and_again(write)
    # Beside it, what is in other people's hands: descriptors that stay open across it all.
    held = os.open(fs.seq(2), O_WRONLY | O_DIRECT)
    os.pwrite(held, aligned(4096), 0)
    pull(drive, "written")
    error = writer.result()
    check(isinstance(error, OSError) and error.errno in (errno.EIO, errno.EROFS), f"the writer got {error!r}")
    refused("EIO EROFS", os.pwrite, held, aligned(4096), 4096)
    refused("EIO EROFS ENXIO ENODEV", os.fsync, held)
    os.close(held)
    examine_ruins(drive, fs, "write")


@section
def in_mid_emulated_copy_with_zones_held_open():
    drive, fs = start("open", "explicit-open,errors=repair,copy=emulate")
    drive_zones[drive.path] = drive.report()
    held = os.open(fs.seq(2), O_WRONLY | O_DIRECT)

    def copy():
        os.truncate(fs.seq(1), 0)
        copy_all_of(fs.seq(0), fs.seq(1), drive.capacity)

    copier = again_and_again(copy)
    pull(drive, "open")
    error = copier.result()
    check(isinstance(error, OSError), f"the copier got {error!r}")
    os.close(held)  # the zone cannot be closed: no reason to hang
    examine_ruins(drive, fs, "read|write")
    one_line(run("zonecopyfs", drive.path, fs.path), 1, drive.path, "No such file")


run_sections()
