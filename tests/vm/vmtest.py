"""What the jobs written in Python share: the mount tests' checks and mounts, on NVMe namespaces, beside QEMU's trace.

A job is a list of sections, each on namespaces it formats itself:

    from vmtest import *

    @section
    def a_full_zone():
        drive = Namespace("given")
        fs = drive.mount()
        ...

    run_sections()

A check that fails is printed with its line, and the job goes on. After each section all mounts are undone, and the
daemons have to end by themselves, without a word from the sanitizers.
"""

import ctypes
import fcntl
import glob
import os
import subprocess
import sys
import time
import traceback

REPOSITORY = os.environ["ZONECOPY_REPOSITORY"]
os.environ.setdefault("ZCTEST_BIN", f"{REPOSITORY}/build/dev/bin")
os.environ.setdefault("ZCTEST_TMP", "/run/zctest")
os.makedirs(os.environ["ZCTEST_TMP"], exist_ok=True)
os.environ["PATH"] = os.environ["ZCTEST_BIN"] + ":" + os.environ["PATH"]
for _options in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    os.environ[_options] = f"log_path={os.environ['ZCTEST_TMP']}/sanitizer:print_stacktrace=1"
sys.path.insert(0, f"{REPOSITORY}/tests/mount")
sys.dont_write_bytecode = True

import zctest
from zctest import *

NVME_WRITE, NVME_READ, NVME_COPY = 0x01, 0x02, 0x19
ZONE_SEND, ZONE_APPEND = 0x79, 0x7d
ZONE_FINISH, ZONE_RESET = 2, 4
BLKREPORTZONE = 0xC0101282
CONDITIONS = {1: "empty", 2: "implicit-open", 3: "explicit-open", 4: "closed", 13: "read-only", 14: "full", 15: "offline"}


# --- namespaces -------------------------------------------------------------------------------------------------------

def controller(name):
    """The kernel's name of a controller ("nvme0") that boot was told to call `name`, or None. Of a subsystem across a network, `name` is
    its NQN: a target may show the serial number of a drive that is in this machine too."""
    attribute, across = ("subsysnqn", True) if name.startswith("nqn.") else ("serial", False)
    for folder in glob.glob("/sys/class/nvme/nvme*"):
        with contextlib.suppress(OSError):  # it went away
            transport, value = (open(f"{folder}/{file}").read().strip() for file in ("transport", attribute))
            if value == name and (transport == "tcp") == across:
                return os.path.basename(folder)
    return None


def namespace_path(name, nsid=1):
    """The block device of a namespace, zoned or not, or None."""
    for path in glob.glob(f"/sys/class/nvme/{controller(name)}/nvme*n*/nsid"):
        with contextlib.suppress(OSError):
            if int(open(path).read()) == nsid:
                # A path below a multipath head is named nvme0c0n1, the head, which has the nodes, nvme0n1.
                return "/dev/" + re.sub(r"c\d+n", "n", os.path.basename(os.path.dirname(path)))
    return None


class Passthrough(ctypes.Structure):
    """struct nvme_passthru_cmd of <linux/nvme_ioctl.h>."""
    _fields_ = [("opcode", ctypes.c_uint8), ("flags", ctypes.c_uint8), ("rsvd1", ctypes.c_uint16), ("nsid", ctypes.c_uint32),
                ("cdw2", ctypes.c_uint32), ("cdw3", ctypes.c_uint32), ("metadata", ctypes.c_uint64), ("addr", ctypes.c_uint64),
                ("metadata_len", ctypes.c_uint32), ("data_len", ctypes.c_uint32)] + \
               [(f"cdw{number}", ctypes.c_uint32) for number in range(10, 16)] + \
               [("timeout_ms", ctypes.c_uint32), ("result", ctypes.c_uint32)]
    IO = 0xC0484E43


class ZonedDisk:
    """A zoned block device without conventional zones, in place of the mount tests' Image."""

    def __init__(self, path, formatted=True, mkfs=()):
        self.path, self.conventional = path, 0
        zones = self.report()
        self.zones, self.zone_size, self.capacity = len(zones), zones[0].length, zones[0].capacity
        self.block = int(self.queue_limit("logical_block_size"))
        if formatted:
            self.format(*mkfs)

    def queue_limit(self, name):
        return open(f"/sys/block/{os.path.basename(self.path)}/queue/{name}", encoding="ascii").read().strip()

    def format(self, *options):
        must("mkfs.zonecopyfs", "-f", *options, self.path)

    def mount(self, options="", **keywords):
        return Mount(self, options, **keywords)

    @staticmethod
    def zone_of_seq(number):
        return 1 + number  # zone 0 holds the super block

    def lba_of_seq(self, number, offset=0):
        return (self.zone_of_seq(number) * self.zone_size + offset) // self.block

    def report(self):
        """As `zonecopy report` tells the zones, but by the kernel's word."""
        header = struct.Struct("<QII")
        zone = struct.Struct("<QQQBBBB4xQ24x")
        count = int(self.queue_limit("nr_zones"))
        memory = bytearray(header.pack(0, count, 0)) + bytearray(zone.size * count)
        with opened(self.path, O_RDONLY) as fd:
            fcntl.ioctl(fd, BLKREPORTZONE, memory)
        found = []
        for index in range(count):
            start, length, pointer, _, condition, _, _, capacity = zone.unpack_from(memory, header.size + index * zone.size)
            found.append(ZoneState({
                "index": index, "type": "sequential-required", "condition": CONDITIONS[condition], "start_bytes": 512 * start,
                "length_bytes": 512 * length, "capacity_bytes": 512 * capacity,
                "write_pointer_bytes": 512 * pointer if condition in (1, 2, 3, 4) else None}))
        return found

    def seq_zone(self, number):
        return self.report()[self.zone_of_seq(number)]


class Namespace(ZonedDisk):
    """A zoned namespace of tests/vm/boot, NAME and NSID as boot was told, or of a subsystem across a network: its NQN and NSID."""

    def __init__(self, name, nsid=1, formatted=True, mkfs=()):
        end = time.monotonic() + 20
        while (path := namespace_path(name, nsid)) is None or not os.path.exists(path) or not os.path.exists(self.char_of(path)):
            if time.monotonic() > end:
                raise FileNotFoundError(f"there is no namespace {nsid} of {name}")
            time.sleep(0.05)
        self.char, self.nsid = self.char_of(path), nsid
        super().__init__(path, formatted, mkfs)

    @staticmethod
    def char_of(path):
        return path.replace("nvme", "ng")

    def passthrough(self, opcode, lba, blocks=0, data=None, action=0):
        """One command straight to the drive, as `nvme io-passthru` sends it, behind the back of whoever uses it. Its status."""
        return self.command(opcode, lba, blocks, data, action)[0]

    def command(self, opcode, lba, blocks=0, data=None, action=0):
        """As passthrough; the status, and the first dword of the completion."""
        memory = None if data is None else (ctypes.c_char * len(data)).from_buffer(data)
        command = Passthrough(opcode=opcode, nsid=self.nsid, addr=0 if data is None else ctypes.addressof(memory),
                              data_len=0 if data is None else len(data), cdw10=lba & 0xffffffff, cdw11=lba >> 32,
                              cdw12=max(0, blocks - 1), cdw13=action)
        with opened(self.char, O_RDWR) as fd:
            status = zctest._checked(libc.ioctl(fd, ctypes.c_ulong(Passthrough.IO), ctypes.byref(command)))
        return status, command.result

    def copy_command(self, destination_lba, ranges):
        """A Copy command of format 0, its ranges as (LBA, blocks); as command."""
        entries = b"".join(struct.pack("<QQH14x", 0, lba, blocks - 1) for lba, blocks in ranges)
        return self.command(NVME_COPY, destination_lba, len(ranges), aligned(entries))

    def foreign_append(self, number, data):
        """Somebody else writes to the zone of seq/<number>, wherever its write pointer is."""
        equal(self.passthrough(ZONE_APPEND, self.lba_of_seq(number), len(data) // self.block, aligned(data)), 0, "foreign append")

    def foreign_zone_send(self, number, action):
        equal(self.passthrough(ZONE_SEND, self.lba_of_seq(number), action=action), 0, "foreign zone management")


# --- traces -----------------------------------------------------------------------------------------------------------

class Event:
    """A line of the trace: what happened, and the numbers and words behind names (`pci_nvme_copy cid 7 nsid 1 nr 4 …`)."""
    def __init__(self, line):
        self.text = line
        self.name, *words = line.split()
        self.fields = {words[i]: words[i + 1].strip("'") for i in range(len(words) - 1)}

    def __getitem__(self, name):
        return int(self.fields[name], 0)

    def __repr__(self):
        return self.text


class Trace:
    """What QEMU's controllers did since the last mark. It is the emulator's word, not that of the program under test."""
    def __init__(self):
        self.start = 0
        self.mark()

    def mark(self):
        self.start = os.stat(os.environ["VM_TRACE"]).st_size

    def events(self, *names):
        """All events, or those called one of `names`; "pci_nvme_err*" is all that begin like this."""
        def wanted(event):
            return not names or any(event.name == name or name[-1] == "*" and event.name.startswith(name[:-1]) for name in names)
        with open(os.environ["VM_TRACE"], encoding="ascii", errors="replace") as file:
            file.seek(self.start)
            found = [Event(line) for line in file.read().splitlines() if line.strip()]
        return [event for event in found if wanted(event)]

    def count(self, name, text=""):
        return sum(text in event.text for event in self.events(name))

    def copied(self):
        """What the Copy commands were: of each the sizes of its ranges. One copy at a time, else they cannot be told apart."""
        commands = []
        for event in self.events("pci_nvme_copy", "pci_nvme_copy_source_range"):
            if event.name == "pci_nvme_copy":
                commands.append([])
            else:
                commands[-1].append(event["nlb"])
        return commands

    def host_transfers(self):
        """(reads, writes, appends) by which data went through the host."""
        # An append is traced as a pci_nvme_write too, under its own name.
        appends = self.count("pci_nvme_write", "ZONE_APPEND")
        return self.count("pci_nvme_read"), self.count("pci_nvme_write") - appends, appends


trace = Trace()


# --- sections ---------------------------------------------------------------------------------------------------------

_sections = []
_afterwards = []


def section(function):
    _sections.append(function)
    return function


def after_each_section(function):
    """Calls it when all mounts of a section are undone."""
    _afterwards.append(function)
    return function


def run_sections():
    wanted = sys.argv[1:]
    for function in _sections:
        name = function.__name__.replace("_", " ")
        if wanted and not any(word in function.__name__ for word in wanted):
            continue
        failures, started = zctest._failures, time.monotonic()
        try:
            function()
        except BaseException as error:  # also SystemExit, of `must`
            if not isinstance(error, SystemExit):
                traceback.print_exc()
            fail(f"{name}: did not come to its end")
        _clean_up()
        for clean_up in _afterwards:
            clean_up()
        verdict = "ok     " if zctest._failures == failures else "FAILED "
        print(f"{verdict} {name} ({time.monotonic() - started:.1f} s)", flush=True)


def daemons():
    """Process ids of all zonecopyfs."""
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            state = open(path.replace("comm", "stat")).read().rsplit(")", 1)[1].split()[0]
            if open(path).read().strip() == "zonecopyfs" and state not in "ZX":
                found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


def _clean_up():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        points = [line.split()[1] for line in file if line.split()[1].startswith(TMP + "/")]
    for point in reversed(points):
        if run("umount", point).status != 0:
            fail(f"{point} could not be unmounted")
            run("umount", "-l", point)
    end = time.monotonic() + 20
    while daemons() and time.monotonic() < end:
        time.sleep(0.01)
    for pid in daemons():
        fail(f"the daemon {pid} did not end when unmounted")
        os.kill(pid, signal.SIGKILL)
    for path in glob.glob(f"{TMP}/sanitizer*"):
        fail("a sanitizer reported:\n" + "".join(open(path, errors="replace").readlines()[:60]))
        os.unlink(path)


def qmp(command, arguments="{}"):
    """One command to the QEMU that runs this guest; its reply."""
    text = f". {REPOSITORY}/tests/vm/lib.sh; qmp '{command}' '{arguments}'"
    return subprocess.run(["bash", "-c", text], stdout=subprocess.PIPE, check=True).stdout.decode()


def in_background(function):
    """A thread, started; `result()` waits, at most 60 seconds, and returns what `function` did, an OSError as such."""
    class Background(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.value = None

        def run(self):
            try:
                self.value = function()
            except OSError as error:
                self.value = error

        def result(self, seconds=60):
            self.join(seconds)
            if self.is_alive():
                fail(f"{function} still runs after {seconds} seconds")
                return None
            return self.value

    thread = Background()
    thread.start()
    return thread
