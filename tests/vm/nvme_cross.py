"""Copies between NVMe namespaces: by Copy commands of descriptor format 2 where one controller has both and the kernel lets its
feature 16h be set; else read and written, and the reason told. The kernel decides which: all sections run on both."""
from vmtest import *

# What jobs/nvme_cross.sh gives the namespaces: (NSID, MSSRL, MCL, MSRC + 1). Blocks are of 4 KiB, those of SECTORS of 512 bytes.
BIG, SMALL, SECTORS, MEDIA = 1, 2, 3, 4
BLOCK = 4096
HOST_BEHAVIOR = "0x16"
REFUSED = "the kernel does not let programs enable Copy across namespaces (Set Features 16h: Permission denied)"


# --- the feature ------------------------------------------------------------------------------------------------------

def node(name):
    return f"/dev/{controller(name)}"


def host_behavior(name="big"):
    """The 512 bytes of feature 16h, asked for by another program."""
    return subprocess.run(["nvme", "get-feature", node(name), "-f", HOST_BEHAVIOR, "-l", "512", "-b"], stdout=subprocess.PIPE,
                          check=True).stdout[:512]


def set_host_behavior(data, name="big"):
    """Exit status of another program that sets it."""
    path = os.path.join(TMP, "host_behavior")
    with open(path, "wb") as file:
        file.write(data)
    return run("nvme", "set-feature", node(name), "-f", HOST_BEHAVIOR, "-l", "512", "-d", path).status


def enabled(name="big"):
    return bool(host_behavior(name)[4] & 4)


def with_format_2(data, on):
    return data[:4] + bytes([data[4] | 4 if on else data[4] & ~4]) + data[5:]


def set_features():
    """How often a controller got a Set Features command of 16h since the mark."""
    return sum(event["fid"] == 0x16 for event in trace.events("pci_nvme_setfeat"))


def reset(name="big"):
    must("nvme", "reset", node(name))


# --- copies -----------------------------------------------------------------------------------------------------------

class Pair:
    """Two namespaces in one mount: folder 0 and folder 1."""
    def __init__(self, first, second, options="", foreground=True):
        self.drives = (first, second)
        self.fs = first.mount(",".join(filter(None, (f"with={second.path}", options))), foreground=foreground)

    def seq(self, part, number):
        return f"{self.fs.path}/{part}/seq/{number}"

    def counter(self, part, name):
        text = os.getxattr(f"{self.fs.path}/{part}", f"user.zonecopy.{name}").decode()
        return int(text) if text.isdigit() else text

    def fill(self, part, number, size, seed=1):
        data = pattern(size, seed)
        write_direct(self.seq(part, number), data)
        return data


def commands():
    """(format, ranges) of each Copy command since the mark."""
    return [(event["format"], event["nr"]) for event in trace.events("pci_nvme_copy")]


def copied_across(pair, source, destination, length, what):
    """Copies the beginning of one file to an empty one, and says how many Copy commands of format 2 the drive got for it."""
    trace.mark()
    equal(copy_all_of(pair.seq(*source), pair.seq(*destination), length), length, what)
    if not KERNEL_ALLOWS:
        emulated(pair, destination[0], REFUSED, what)
        return None
    equal({format for format, _ in commands()}, {2}, f"{what}: formats")
    equal({event["nsid"] for event in trace.events("pci_nvme_copy")}, {pair.drives[destination[0]].nsid}, f"{what}: namespaces")
    equal(trace.host_transfers(), (0, 0, 0), f"{what}: reads, writes and appends by the host")
    return trace.copied()


def emulated(pair, part, reason, what):
    equal(commands(), [], f"{what}: Copy commands")
    check(trace.host_transfers()[1] > 0, f"{what}: the host wrote nothing")
    equal(pair.counter(part, "last_fallback"), reason, what)


@section
def both_ways_between_zones_of_different_sizes():
    before = host_behavior()
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL))
    equal(enabled(), KERNEL_ALLOWS, "the feature while both are mounted")
    data = pair.fill(0, 0, 12 * MIB)
    # From 16 MiB zones to 4 MiB zones: MSSRL 16 and MCL 64 of the destination, which is four ranges a command.
    got = copied_across(pair, (0, 0), (1, 0), 3 * MIB, "big to small")
    same_bytes(content(pair.seq(1, 0)), data[:3 * MIB], "big to small")
    # Back: MSSRL 16 is the source's, 16 ranges the destination's.
    back = copied_across(pair, (1, 0), (0, 1), 3 * MIB, "small to big")
    same_bytes(content(pair.seq(0, 1)), data[:3 * MIB], "small to big")
    if KERNEL_ALLOWS:
        equal(got, [[16] * 4] * 12, "big to small: the ranges of each command")
        equal(back, [[16] * 16] * 3, "small to big: the ranges of each command")
        equal((pair.counter(0, "last_fallback"), pair.counter(1, "last_fallback")), ("", ""))
    # Within a namespace it is format 0, as ever.
    trace.mark()
    equal(copy_all_of(pair.seq(1, 0), pair.seq(1, 1), MIB), MIB)
    equal({format for format, _ in commands()}, {0}, "within a namespace")
    pair.fs.unmount()
    equal(host_behavior(), before, "the feature after unmounting")


@section
def cp_from_one_to_the_other():
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL), "copy=offload" if KERNEL_ALLOWS else "", foreground=False)
    data = pair.fill(1, 0, 3 * MIB)
    for number, command in enumerate((("cp", "--reflink=auto"), ("zonecopy", "copy"))):
        trace.mark()
        succeeds(*command, pair.seq(1, 0), pair.seq(0, number))
        same_bytes(content(pair.seq(0, number)), data, f"{command}")
        equal(commands(), [(2, 16)] * 3 if KERNEL_ALLOWS else [], f"{command}")


@section
def the_feature_is_left_as_it_was_found():
    before = host_behavior()
    one = Namespace("big", BIG)
    Namespace("big", SMALL)
    trace.mark()
    one.mount().unmount()
    succeeds("zonecopy", "report", one.path)
    equal(set_features(), 0, "one namespace alone")

    Pair(one, Namespace("big", SMALL), "cross-namespace=off").fs.unmount()
    equal(set_features(), 0, "cross-namespace=off")

    Pair(one, Namespace("other")).fs.unmount()
    equal(set_features(), 0, "namespaces of two controllers")

    if KERNEL_ALLOWS:
        equal(set_host_behavior(with_format_2(before, True)), 0)
        trace.mark()
        Pair(one, Namespace("big", SMALL)).fs.unmount()
        equal((set_features(), enabled()), (0, True), "what somebody else has set")
        equal(set_host_behavior(before), 0)
    equal(host_behavior(), before)


@section
def a_mount_for_reading():
    trace.mark()
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL), "ro")
    equal(set_features(), 0, "nothing is copied there")
    succeeds("mount.zonecopyfs", "x", pair.fs.path, "-o", "remount,rw")
    data = pair.fill(0, 0, MIB)
    copied_across(pair, (0, 0), (1, 0), MIB, "after a remount")
    same_bytes(content(pair.seq(1, 0)), data, "after a remount")


@section
def a_daemon_that_is_killed():
    if not KERNEL_ALLOWS:
        return
    before = host_behavior()
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL))
    pair.fs.kill()
    succeeds("umount", pair.fs.path)
    equal(enabled(), True, "nobody was there to put it back")
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL))
    data = pair.fill(0, 0, MIB)
    copied_across(pair, (0, 0), (1, 0), MIB, "after a killed daemon")
    same_bytes(content(pair.seq(1, 0)), data, "after a killed daemon")
    pair.fs.unmount()
    equal(set_host_behavior(before), 0)


@section
def a_reset_of_the_controller():
    before = host_behavior()
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL))
    data = pair.fill(0, 0, MIB)
    reset()
    equal(enabled(), False, "the kernel has set the feature anew")
    trace.mark()
    equal(copy_all_of(pair.seq(0, 0), pair.seq(1, 0), MIB), MIB)
    if KERNEL_ALLOWS:
        # 256 blocks in commands of 64, of which the first was sent twice.
        equal(commands(), [(2, 4)] * 5, "after a reset")
        equal((trace.host_transfers(), set_features()), ((0, 0, 0), 1), "after a reset")
        equal(trace.count("pci_nvme_err_copy_invalid_format"), 1)
        same_bytes(content(pair.seq(1, 0)), data, "after a reset")
        # Copies into several zones at once, after another reset.
        reset()
        copies = [in_background(lambda zone=zone: copy_all_of(pair.seq(0, 0), pair.seq(1, zone), MIB)) for zone in (1, 2, 3)]
        for zone, copy in zip((1, 2, 3), copies):
            equal(copy.result(), MIB, f"zone {zone} after a second reset")
            same_bytes(content(pair.seq(1, zone)), data, f"zone {zone} after a second reset")
        equal((pair.counter(1, "bytes_emulated"), pair.counter(1, "last_fallback")), (0, ""))
        # What somebody else takes away is set again as well.
        equal(set_host_behavior(before), 0)
        copied_across(pair, (0, 0), (1, 4), MIB, "after somebody else has cleared it")
        same_bytes(content(pair.seq(1, 4)), data, "after somebody else has cleared it")
    else:
        emulated(pair, 1, REFUSED, "after a reset")
    pair.fs.unmount()
    equal(host_behavior(), before, "the feature after unmounting")


@section
def where_it_cannot_be_offloaded():
    big = Namespace("big", BIG)
    pair = Pair(big, Namespace("other"))
    data = pair.fill(0, 0, MIB)
    trace.mark()
    equal(copy_all_of(pair.seq(0, 0), pair.seq(1, 0), MIB), MIB)
    emulated(pair, 1, f"{pair.drives[0].path} and {pair.drives[1].path} are not namespaces of one controller", "another controller")
    same_bytes(content(pair.seq(1, 0)), data, "another controller")
    pair.fs.unmount()

    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL), "cross-namespace=off")
    data = pair.fill(0, 0, MIB)
    trace.mark()
    equal(copy_all_of(pair.seq(0, 0), pair.seq(1, 0), MIB), MIB)
    emulated(pair, 1, "option cross-namespace=off", "cross-namespace=off")
    same_bytes(content(pair.seq(1, 0)), data, "cross-namespace=off")
    pair.fs.unmount()

    # Blocks of two sizes are no copy at all.
    pair = Pair(Namespace("big", BIG), Namespace("big", SECTORS))
    pair.fill(0, 0, MIB)
    trace.mark()
    refused("EINVAL", copy_paths, pair.seq(0, 0), pair.seq(1, 0), MIB)
    equal((commands(), os.stat(pair.seq(1, 0)).st_size), ([], 0), "blocks of two sizes")


@section
def a_source_that_cannot_be_read():
    if not KERNEL_ALLOWS:
        return  # what is read and written is no other than between any two devices
    # Block 40 of seq/0 of "media": it lies in the third range of the first command.
    acknowledged = 32 * BLOCK
    for mode in ("auto", "offload"):
        pair = Pair(Namespace("big", BIG), Namespace("big", MEDIA), f"copy={mode}")
        media = pair.drives[1]
        data = pair.fill(1, 0, 64 * BLOCK)
        trace.mark()
        equal(copy_paths(pair.seq(1, 0), pair.seq(0, 0), 64 * BLOCK), acknowledged, mode)
        transfers = trace.host_transfers()
        equal(transfers, (0, 0, 0), mode)
        equal((os.stat(pair.seq(0, 0)).st_size, pair.drives[0].seq_zone(0).written), (acknowledged, acknowledged), mode)
        refused("EIO", copy_paths, pair.seq(1, 0), pair.seq(0, 0), 16 * BLOCK, 32 * BLOCK, acknowledged)
        # The source, its zone, and the range of it.
        line = next((line for line in pair.fs.log().splitlines() if "Unrecovered Read Error" in line and "copy on" in line), "")
        for word in (media.path, "zone 1", f"LBA {media.lba_of_seq(0) + 32}", "0x281"):
            check(word in line, f"{mode}: the log does not name {word!r}: {line!r}")
        # Nothing is wrong with the destination.
        equal(copy_paths(pair.seq(1, 0), pair.seq(0, 0), 16 * BLOCK, 48 * BLOCK, acknowledged), 16 * BLOCK, f"{mode}: behind it")
        same_bytes(content(pair.seq(0, 0)), data[:acknowledged] + data[48 * BLOCK:], mode)
        pair.fs.unmount()


@section
def devices_that_are_not_mounted():
    before = host_behavior()
    big, small = Namespace("big", BIG), Namespace("big", SMALL)
    data = pattern(3 * MIB)
    path = os.path.join(TMP, "data")
    with open(path, "wb") as file:
        file.write(data)
    succeeds("zonecopy", "copy", path, f"{big.path}#1")
    planned = json.loads(succeeds("zonecopy", "copy", "--dry-run", "--json", f"{big.path}#1", f"{small.path}#1").out)
    planned = [[part["blocks"] for part in command["ranges"]] for command in planned["destinations"][0]["commands"]]
    equal(planned, [[16] * 4] * 12 if KERNEL_ALLOWS else [], "what a dry run tells")
    trace.mark()
    ended = succeeds("zonecopy", "copy", "--json", *(("--require-offload",) if KERNEL_ALLOWS else ()), f"{big.path}#1", f"{small.path}#1")
    told = json.loads(ended.out)
    if KERNEL_ALLOWS:
        equal((trace.copied(), trace.host_transfers()), ([[16] * 4] * 12, (0, 0, 0)))
        equal({format for format, _ in commands()}, {2})
        equal((told["bytes_offloaded"], told["bytes_emulated"], told["fallback_reason"]), (3 * MIB, 0, None))
    else:
        equal((told["bytes_offloaded"], told["bytes_emulated"], told["fallback_reason"]), (0, 3 * MIB, REFUSED))
        refusal = run("zonecopy", "copy", "--require-offload", f"{big.path}#1", f"{small.path}#2")
        one_line(refusal, 1, REFUSED)
    equal(host_behavior(), before, "the feature after the program has ended")
    with opened(small.path, O_RDONLY | O_DIRECT) as fd:
        memory = aligned(len(data))
        os.preadv(fd, [memory], small.zone_size)
    same_bytes(memory[:], data, "what was copied")


@section
def a_namespace_that_vanishes():
    before = host_behavior()
    pair = Pair(Namespace("big", BIG), Namespace("big", SMALL))
    pair.fill(1, 0, MIB)
    pair.fill(0, 1, MIB)
    must("nvme", "detach-ns", node("big"), "-n", SMALL, "-c", 0)
    waiting.again_and_again(lambda: not os.path.exists(pair.drives[1].char))
    # The kernel answers EINVAL as long as it looks for another path.
    refused("EIO EINVAL", copy_paths, pair.seq(1, 0), pair.seq(0, 0), MIB)
    trace.mark()
    equal(copy_all_of(pair.seq(0, 1), pair.seq(0, 2), MIB), MIB)
    equal(commands(), [(0, 1)], "copies within the other go on as ever")
    pair.fs.unmount()
    must("nvme", "attach-ns", node("big"), "-n", SMALL, "-c", 0)
    must("nvme", "ns-rescan", node("big"))
    Namespace("big", SMALL, formatted=False)
    equal(host_behavior(), before)


KERNEL_ALLOWS = set_host_behavior(host_behavior()) == 0
print(f"Linux {os.uname().release} {'lets' if KERNEL_ALLOWS else 'does not let'} programs set feature 16h", flush=True)
run_sections()
