"""zonefs of the kernel and zonecopyfs on the same drive, in turns: what one writes the other reads, and the trees are equal."""
from vmtest import *
from kernel_zonefs import *

UUID = "2a1d4c1e-6b0f-4a65-9a54-0d8f7c3b2e19"


def tree(root):
    """{path: all that stat and content say} of a mount. Times differ, since zonefs makes them up at the mount."""
    found = {}
    for folder, names, files in os.walk(root):
        for path in [folder] + [os.path.join(folder, name) for name in files]:
            state = os.lstat(path)
            digest = hashlib.sha256(content(path)).hexdigest() if stat.S_ISREG(state.st_mode) else sorted(names + files)
            found[os.path.relpath(path, root)] = {
                "mode": oct(state.st_mode), "nlink": state.st_nlink, "uid": state.st_uid, "gid": state.st_gid, "size": state.st_size,
                "blocks": state.st_blocks, "blksize": state.st_blksize, "ino": state.st_ino, "content": digest}
    return found


def space(root):
    numbers = os.statvfs(root)
    names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_namemax")
    return {name: getattr(numbers, name) for name in names}


def compare(drive, what):
    """Both mount it, in turns, and see the same."""
    fs = drive.mount()
    ours, our_space = tree(fs.path), space(fs.path)
    fs.unmount()
    kernel = KernelMount(drive)
    theirs, their_space = tree(kernel.path), space(kernel.path)
    kernel.unmount()
    equal(sorted(ours), sorted(theirs), f"{what}: names")
    for path in sorted(set(ours) & set(theirs)):
        equal(ours[path], theirs[path], f"{what}: {path}, ours against the kernel's")
    equal(our_space, their_space, f"{what}: statfs, ours against the kernel's")
    return ours


@section
def what_we_format_and_write():
    drive = Namespace("shared", formatted=False)
    must("mkfs.zonecopyfs", "-f", "-L", "shared", "--uuid", UUID, "-o", "uid=7,gid=8,perm=604", drive.path)
    told = succeeds("blkid", "-p", "-o", "export", drive.path).out
    for line in ("TYPE=zonefs", "LABEL=shared"):  # Debian 12's blkid tells no UUID of any zonefs
        check(line in told.splitlines(), f"blkid does not say {line}: {told}")
    fs = drive.mount()
    data = pattern(MIB + 8192)
    write_direct(fs.seq(0), data)
    write_direct(fs.seq(1), pattern(drive.capacity, 2))  # full
    trace.mark()
    equal(copy_all_of(fs.seq(0), fs.seq(2), len(data)), len(data))
    check(trace.count("pci_nvme_copy") > 0, "the copy was not offloaded")
    with open(fs.seq(3), "ab", buffering=0) as file:
        file.write(pattern(4096, 3))
    os.truncate(fs.seq(4), drive.capacity)  # finished, empty
    write_direct(fs.seq(5), pattern(4096))
    os.truncate(fs.seq(5), 0)
    fs.unmount()
    seen = compare(drive, "written by zonecopyfs")
    equal([seen[f"seq/{number}"]["size"] for number in range(6)], [len(data), drive.capacity, len(data), 4096, drive.capacity, 0], "sizes")
    equal((seen["seq/0"]["mode"], seen["seq/0"]["uid"], seen["seq/0"]["gid"]), (oct(stat.S_IFREG | 0o604), 7, 8), "owner and permissions")
    equal(seen["seq/2"]["content"], hashlib.sha256(data).hexdigest(), "what was copied")


@section
def what_the_kernel_writes():
    drive = Namespace("shared")
    kernel = KernelMount(drive)
    data = pattern(2 * MIB)
    write_direct(kernel.seq(0), data)
    write_direct(kernel.seq(1), pattern(drive.capacity, 2))
    with opened(kernel.seq(2), O_WRONLY | O_DIRECT | O_APPEND) as fd:
        os.write(fd, aligned(8192))
    os.truncate(kernel.seq(3), drive.capacity)
    kernel.unmount()
    seen = compare(drive, "written by the kernel")
    equal([seen[f"seq/{number}"]["size"] for number in range(5)], [len(data), drive.capacity, 8192, drive.capacity, 0], "sizes")
    equal(seen["seq/0"]["content"], hashlib.sha256(data).hexdigest())


@section
def super_blocks_made_by_another_program():
    drive = Namespace("shared", formatted=False)
    # write_zonefs_super_block of lib.sh: features, uid, gid, permissions.
    for arguments in ("", "0xe 1000 1001 0o600", "0x8 0 0 0o444", "0x1"):
        must("bash", "-c", f". {REPOSITORY}/tests/vm/lib.sh; blkzone reset {drive.path}; write_zonefs_super_block {drive.path} {arguments}")
        seen = compare(drive, f"super block '{arguments}'")
        if arguments.startswith("0xe"):
            equal((seen["seq/0"]["mode"], seen["seq/0"]["uid"], seen["seq/0"]["gid"]), (oct(stat.S_IFREG | 0o600), 1000, 1001))


def forget_write_pointers():
    """Linux 6.10 and later remember write pointers of zones that the block layer wrote, and fail what is elsewhere; nobody tells
    them of passthrough. Only a new start of the driver makes them look at the drive again."""
    slot = os.path.basename(os.path.realpath(f"/sys/class/nvme/{controller('shared')}/device"))
    for action in ("unbind", "bind"):
        with open(f"/sys/bus/pci/drivers/nvme/{action}", "w", encoding="ascii") as file:
            file.write(slot)
    return Namespace("shared", formatted=False)


@section
def in_turns():
    drive, model = take_turns(Namespace("shared"), 20261122, range(5), 12, before_kernel=forget_write_pointers)
    if model is None:
        return
    equal(compare(drive, "after all turns")["seq/0"]["content"], hashlib.sha256(model[0]).hexdigest())


@section
def one_at_a_time():
    drive = Namespace("shared")
    fs = drive.mount()
    check(run("mount", "-t", "zonefs", drive.path, KERNEL).status != 0, "the kernel mounted what zonecopyfs has")
    fs.unmount()
    kernel = KernelMount(drive)
    one_line(run("zonecopyfs", drive.path, fs.path), 1, "busy", drive.path)
    one_line(run("mkfs.zonecopyfs", "-f", drive.path), 1, "mounted", drive.path)
    kernel.unmount()


run_sections()
