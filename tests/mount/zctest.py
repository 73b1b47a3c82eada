"""What the mount tests written in Python share: images, mounts, checks, and a few system calls Python does not have.

A test is a script that does things and checks them:

    from zctest import *

    fs = Image().mount()
    with opened(fs.seq(0), O_RDWR | O_DIRECT) as fd:
        equal(os.pwrite(fd, aligned(4096), 0), 4096)
        refused("EINVAL", os.pwrite, fd, aligned(4096), 0)

A check that fails is printed with its line and the script goes on, so that one run shows all that is wrong; it then ends
with status 1. Nothing needs to be cleaned up: `run`, which starts every script, does it.
"""

import atexit
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import mmap
import os
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback
import zlib

import waiting
from os import O_APPEND, O_CREAT, O_DIRECT, O_DIRECTORY, O_DSYNC, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY

HERE = os.path.dirname(os.path.realpath(__file__))
if "ZCTEST_TMP" not in os.environ:
    # Started by hand: have it done under supervision.
    os.execv(os.path.join(HERE, "run"), ["run", "-v", os.path.basename(sys.argv[0])])

TMP = os.environ["ZCTEST_TMP"]
BIN = os.environ["ZCTEST_BIN"]
COPY_PATHS = ("offloaded", "kernel", "emulated")
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SKIP = 77


# --- checks -----------------------------------------------------------------------------------------------------------

_failures = 0
_said = {}  # what failed, and how often: a check in a loop is printed once


def _where():
    """The lines of the script that led here."""
    frames = [frame for frame in traceback.extract_stack() if os.path.realpath(frame.filename) != os.path.join(HERE, "zctest.py")]
    return " < ".join(f"line {frame.lineno}: {frame.line}" for frame in reversed(frames))


def fail(message):
    global _failures
    _failures += 1
    text = f"FAILED {message}\n       {_where()}"
    _said[text] = _said.get(text, 0) + 1
    if _said[text] == 1:
        print(text, flush=True)


def check(condition, message):
    if not condition:
        fail(message)
    return bool(condition)


def _short(value):
    if isinstance(value, (bytes, bytearray)) and len(value) > 48:
        return f"<{len(value)} bytes {bytes(value[:16])!r}…>"
    return repr(value)


def equal(got, expected, what=""):
    if isinstance(got, mmap.mmap):
        got = got[:]
    return check(got == expected, f"{what + ': ' if what else ''}expected {_short(expected)}, got {_short(got)}")


def same_bytes(got, expected, what=""):
    """As equal, but says where long contents begin to differ."""
    if got == expected:
        return True
    if len(got) != len(expected):
        fail(f"{what}: expected {len(expected)} bytes, got {len(got)}")
        return False
    first = next(i for i in range(len(got)) if got[i] != expected[i])
    fail(f"{what}: differs from byte {first} on")
    return False


def errno_name(number):
    """"EIO" for 5, and for -5 as asynchronous calls have it."""
    return {errno.EOPNOTSUPP: "EOPNOTSUPP"}.get(abs(number)) or errno.errorcode.get(abs(number), str(number))


def refused(name, function, *arguments, **keywords):
    """Checks that a call fails with the errno called `name` ("EINVAL"; "EIO EROFS" where either is right)."""
    try:
        result = function(*arguments, **keywords)
    except OSError as error:
        got = errno_name(error.errno)
        check(got in name.split(), f"expected {name}, got {got}")
        return got
    if isinstance(result, int) and not isinstance(result, bool) and function is os.open:
        os.close(result)
    fail(f"expected {name}, but it succeeded with {_short(result)}")
    return None


def skip(reason):
    print(reason, flush=True)
    sys.stdout.flush()
    os._exit(1 if _failures else SKIP)


@atexit.register
def _report():
    sys.stdout.flush()
    sys.stderr.flush()
    for text, times in _said.items():
        if times > 1:
            print(f"{times} times: {text.splitlines()[0]}", flush=True)
    if _failures:
        os._exit(1)


def eventually(function, expected, what=""):
    """For what happens a moment later and has no event, as a close(2) that reaches a FUSE server: asks until it is as
    expected."""
    got = None

    def as_expected():
        nonlocal got
        got = function()
        return got == expected
    waiting.again_and_again(as_expected)
    return equal(got, expected, what)


def mounts_become(function, expected, what=""):
    """As eventually, for a function that looks at what is mounted: asks when that has changed."""
    waiting.mount_table(lambda: function() == expected)
    return equal(function(), expected, what)


# --- programs ---------------------------------------------------------------------------------------------------------

class Ended:
    """How a program ended, and what it printed."""
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"status {self.status}, stdout {self.out!r}, stderr {self.err!r}"


def run(*command, timeout=waiting.HANG_LIMIT_SECONDS, data=None, **keywords):
    """Runs a program to its end. Its output goes to files, not pipes, so that a daemon it leaves is not waited for."""
    import tempfile
    with tempfile.TemporaryFile(dir=TMP) as out, tempfile.TemporaryFile(dir=TMP) as err:
        command = [os.fspath(part) if not isinstance(part, (int, float)) else str(part) for part in command]
        status = subprocess.run(command, input=data, stdout=out, stderr=err, timeout=timeout, check=False,
                                **({} if data is not None else {"stdin": subprocess.DEVNULL}), **keywords).returncode
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return Ended(status, *texts)


def succeeds(*command, **keywords):
    ended = run(*command, **keywords)
    check(ended.status == 0, f"{' '.join(map(str, command))}: {ended}")
    return ended


def must(*command, **keywords):
    """As succeeds, for what a test cannot go on without."""
    ended = run(*command, **keywords)
    if ended.status != 0:
        fail(f"{' '.join(map(str, command))}: {ended}")
        sys.exit(1)
    return ended


def one_line(ended, statuses, *words):
    """Checks that a program refused: a documented status, exactly one line on stderr with `words` in it."""
    statuses = (statuses,) if isinstance(statuses, int) else statuses
    check(ended.status in statuses, f"expected exit status {statuses}: {ended}")
    lines = ended.err.splitlines()
    check(len(lines) == 1 and ended.err.endswith("\n") and lines[0].strip(), f"expected exactly one line on stderr: {ended}")
    for word in words:
        check(word.lower() in ended.err.lower(), f"expected {word!r} on stderr: {ended}")
    return ended


def program(name):
    return os.path.join(BIN, name)


def built_with(sanitizer):
    with open(program("zonecopyfs"), "rb") as file:
        return f"__{sanitizer}_init".encode() in file.read()


ASAN = built_with("asan")


def need_program(name):
    if shutil.which(name) is None:
        skip(f"there is no {name}")


# --- data -------------------------------------------------------------------------------------------------------------

def pattern(size, seed=1):
    """`size` bytes that depend on `seed` only."""
    return random.Random(seed).randbytes(size)


def aligned(content, seed=1):
    """Page-aligned memory, as O_DIRECT wants it: of bytes, or of a number of pattern bytes."""
    content = pattern(content, seed) if isinstance(content, int) else content
    memory = mmap.mmap(-1, max(1, len(content)))
    memory[:len(content)] = bytes(content)
    return memory if len(memory) == len(content) else memoryview(memory)[:len(content)]


@contextlib.contextmanager
def opened(path, flags):
    fd = os.open(path, flags)
    try:
        yield fd
    finally:
        os.close(fd)


def read_direct(fd, length, offset):
    """pread(2) into aligned memory; os.pread's memory is not."""
    memory = mmap.mmap(-1, length)
    return memory[:os.preadv(fd, [memory], offset)]


def content(path):
    with open(path, "rb") as file:
        return file.read()


def write_direct(path, data, offset=None):
    """Writes `data` with O_DIRECT, at the end where no offset is given."""
    with opened(path, O_WRONLY | O_DIRECT) as fd:
        if offset is None:
            offset = os.fstat(fd).st_size
        done = 0
        while done < len(data):
            done += os.pwrite(fd, aligned(data[done:done + 8 * MIB]), offset + done)
    return done


def file_with(name, data):
    path = os.path.join(TMP, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def fingerprint(path):
    """Size and contents of a sparse file or, for a directory or missing path, what there is to say."""
    if not os.path.isfile(path):
        return sorted(os.listdir(path)) if os.path.isdir(path) else None
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        size, position = os.fstat(file.fileno()).st_size, 0
        while position < size:
            try:
                start = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:
                break
            position = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            while start < position:
                block = os.pread(file.fileno(), min(4096, position - start), start)
                # Blocks of zeros count as holes: whether they are is the file system's business.
                if block.strip(b"\0"):
                    digest.update(struct.pack("<Q", start) + block)
                start += len(block)
    return size, digest.hexdigest()


@contextlib.contextmanager
def unchanged(*paths):
    """Checks that `paths` are afterwards what they were before."""
    before = [fingerprint(path) for path in paths]
    yield
    for path, was in zip(paths, before):
        check(fingerprint(path) == was, f"{path} was changed")


# --- images and mounts ------------------------------------------------------------------------------------------------

class Image:
    """A zoned image made by `zonecopy image create` and, unless format=False, mkfs.zonecopyfs."""
    _count = 0

    def __init__(self, zones=12, zone_size=4 * MIB, capacity=None, conventional=0, max_open=0, max_active=0, block=4096,
                 directory=TMP, formatted=True, mkfs=(), size=None):
        Image._count += 1
        self.path = os.path.join(directory, f"image{Image._count}")
        self.zone_count, self.zone_size, self.block, self.conventional = zones, zone_size, block, conventional
        self.capacity = capacity or zone_size
        must("zonecopy", "image", "create", self.path, "--size", size or zones * zone_size, "--zone-size", zone_size,
             "--block-size", block, *(("--zone-capacity", capacity) if capacity else ()),
             *(("--conventional", conventional) if conventional else ()),
             *(("--max-open", max_open) if max_open else ()), *(("--max-active", max_active) if max_active else ()))
        if formatted:
            self.format(*mkfs)

    def format(self, *options):
        must("mkfs.zonecopyfs", *options, self.path)

    def mount(self, options="", **keywords):
        return Mount(self, options, **keywords)

    def zone_of_seq(self, number):
        """Device zone behind seq/<number>. Zone 0 holds the super block."""
        return max(1, self.conventional) + number

    def set_zone(self, zone, condition):
        must("zonecopy", "image", "set", self.path, "--zone", zone, "--condition", condition)

    def set_seq(self, number, condition):
        self.set_zone(self.zone_of_seq(number), condition)

    def set_cnv(self, number, condition):
        self.set_zone(1 + number, condition)

    def report(self):
        return report(self.path)

    def seq_zone(self, number):
        return self.report()[self.zone_of_seq(number)]


class ZoneState:
    """One zone as `zonecopy report --json` tells it."""
    def __init__(self, entry):
        self.index, self.type, self.condition = entry["index"], entry["type"], entry["condition"]
        self.start, self.length, self.capacity = entry["start_bytes"], entry["length_bytes"], entry["capacity_bytes"]
        pointer = entry["write_pointer_bytes"]
        # What a zone file's size would tell.
        self.written = self.capacity if self.condition == "full" else None if pointer is None else pointer - self.start

    def __repr__(self):
        return f"zone {self.index} {self.type} {self.condition} {self.written}"


def report(path):
    """The zones of a device or mount point."""
    return [ZoneState(entry) for entry in json.loads(must("zonecopy", "report", path, "--json").out)["zones"]]


class Folder:
    """The folder of a device: the root of a mount of one, or a folder in one of several."""
    def __init__(self, path):
        self.path = path

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def seq(self, number):
        return f"{self.path}/seq/{number}"

    def cnv(self, number):
        return f"{self.path}/cnv/{number}"

    def status(self):
        return json.loads(must("zonecopy", "status", self.path, "--json").out)

    def counter(self, name):
        """One of its user.zonecopy.* attributes; a number where it is one."""
        text = os.getxattr(self.path, f"user.zonecopy.{name}").decode()
        return int(text) if re.fullmatch(r"\d+", text) else text

    def copy_counters(self):
        """{"offloaded": (bytes, copies), "kernel": …, "emulated": …}, without those that are 0."""
        counted = {path: (self.counter(f"bytes_{path}"), self.counter(f"copies_{path}")) for path in COPY_PATHS}
        return {path: numbers for path, numbers in counted.items() if numbers != (0, 0)}

    def accounting(self):
        """(write-open, active) sequential files."""
        return self.counter("nr_wro_seq_files"), self.counter("nr_active_seq_files")


class Mount(Folder):
    """A mounted image, or a list of them in one mount. `wrapper` is a command that starts the daemon."""
    _count = 0

    def __init__(self, image, options="", point=None, wrapper=(), foreground=False):
        self.image, self.options = image, options
        if point is None:
            Mount._count += 1
            point = os.path.join(TMP, f"mnt{Mount._count}")
            os.mkdir(point)
        super().__init__(point)
        images = image if isinstance(image, list) else [image]
        command = [*wrapper, "zonecopyfs", *(each.path for each in images), point, *(("-o", options) if options else ())]
        self.log_path, self.process = None, None
        if foreground:
            self.log_path = f"{point}.log"
            with open(self.log_path, "wb") as log:
                self.process = subprocess.Popen([*command, "-f"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.pid = self.process.pid
            waiting.mount_table(lambda: os.path.ismount(point), unless_ended=self._daemon)
        else:
            must(*command)
        if wrapper or not foreground:
            self.pid = self._find_daemon()

    @property
    def pid(self):
        return self._pid

    @pid.setter
    def pid(self, pid):
        """The daemon, known from now on by a descriptor: its number may come to mean another process."""
        self._pid, self._daemon = pid, waiting.Process(pid)

    def _find_daemon(self):
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                try:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        words = file.read().split(b"\0")
                except OSError:
                    continue
                if os.fsencode(self.path) in words and any(os.path.basename(word) == b"zonecopyfs" for word in words[:1]):
                    return int(entry)
        return None

    def device(self, name):
        """The folder of one of several devices."""
        return Folder(os.path.join(self.path, str(name)))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_log(self, text, what=""):
        """Until `text` stands in the log of a daemon in the foreground."""
        waiting.file_written(self.log_path, lambda: text in self.log())
        return check(text in self.log(), f"{what + ': ' if what else ''}expected {text!r} in the log: {self.log()}")

    def unmount(self, may_be_busy=False):
        """`may_be_busy`: the daemon itself uses the mount, as while it remounts it read-only after an error."""
        if may_be_busy:
            waiting.again_and_again(lambda: run("umount", self.path).status == 0)
        if os.path.ismount(self.path):
            must("umount", self.path)
        self.wait_for_end()

    def alive(self):
        return not self._daemon.has_ended()

    def wait_for_end(self):
        ended = self._daemon.wait()
        if ended and self.process is not None:
            self.process.wait()
        return check(ended, "the daemon is still there")

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for_end()

    def found_again(self):
        """For a mount that another command made in the same place."""
        self.process, self.pid = None, self._find_daemon()
        return self

    def again(self, options=None, may_be_busy=False, **keywords):
        """Unmounts and mounts anew in the same place."""
        self.unmount(may_be_busy)
        return Mount(self.image, self.options if options is None else options, point=self.path, **keywords)

    def read_only_in_mount_table(self):
        with open("/proc/self/mounts", encoding="utf-8") as file:
            mine = [line.split() for line in file if line.split()[1] == self.path]
        return "ro" in mine[-1][3].split(",")


def in_own_mount_namespace():
    """Starts the script again with mounts that nobody else sees: /sbin and /etc/fstab can be others there."""
    need_program("unshare")
    if "ZCTEST_UNSHARED" in os.environ:
        return
    os.environ["ZCTEST_UNSHARED"] = "1"
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, os.path.abspath(sys.argv[0])])


def helpers_in_sbin():
    """Lays the helpers of mount(8) and umount(8) over /sbin, after in_own_mount_namespace()."""
    upper, work = os.path.join(TMP, "upper"), os.path.join(TMP, "work")
    os.chmod(TMP, 0o755)
    os.mkdir(upper, 0o755)
    os.mkdir(work)
    for name in ("mount.zonecopyfs", "zonecopyfs"):
        shutil.copy2(os.path.realpath(program(name)), os.path.join(upper, name))
    for name in ("mount.fuse.zonecopyfs", "umount.fuse.zonecopyfs"):
        os.symlink("mount.zonecopyfs", os.path.join(upper, name))
    sbin = os.path.realpath("/sbin")
    overlay = run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={sbin},upperdir={upper},workdir={work}", sbin)
    if overlay.status != 0:
        skip(f"overlays cannot be mounted here: {overlay}")


def _loop_file_system(name, size, make, *options):
    """A directory on a new file system in a sparse file; None where it cannot be mounted."""
    need_program(make)
    backing, point = os.path.join(TMP, f"{name}.backing"), os.path.join(TMP, name)
    with open(backing, "wb") as file:
        file.truncate(size)
    must(make, "-q", *options, backing)
    os.mkdir(point)
    ended = run("mount", "-o", "loop", backing, point)
    return point if ended.status == 0 else None


def xfs(size=8 * GIB):
    """A directory on an XFS file system, whose files can share extents. Skips where there is none."""
    return _loop_file_system("xfs", size, "mkfs.xfs", "-m", "reflink=1") or skip("XFS cannot be mounted here")


def small_file_system(size):
    """A directory on a small ext4 file system: an image in it is one whose media fail when it is full."""
    return (_loop_file_system("small", size, "mkfs.ext4", "-m", "0", "-O", "^has_journal")
            or skip("ext4 cannot be mounted on a loop device here"))


def shares_extents(directory):
    """Whether files there can share extents: only then are the copies of an image offloaded."""
    original, clone = os.path.join(directory, "original"), os.path.join(directory, "clone")
    with open(original, "wb") as file:
        file.write(pattern(64 * KIB))
    shares = run("cp", "--reflink=always", original, clone).status == 0
    for path in (original, clone):
        if os.path.exists(path):
            os.unlink(path)
    return shares


def places():
    """Folders for images: on the usual file system, and on one that shares extents where there is one."""
    yield TMP
    if shutil.which("mkfs.xfs"):
        sharing = _loop_file_system("xfs", 8 * GIB, "mkfs.xfs", "-m", "reflink=1")
        if sharing:
            yield sharing


def drop_caches():
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("2")
    except OSError as error:
        skip(f"caches cannot be dropped: {error}")


# --- system calls Python does not have --------------------------------------------------------------------------------

libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def copy_range(source, destination, length, source_offset, destination_offset):
    """copy_file_range(2), once."""
    return os.copy_file_range(source, destination, length, source_offset, destination_offset)


def copy_paths(source, destination, length, source_offset=0, destination_offset=0):
    """copy_file_range(2) between two files, once."""
    with opened(source, O_RDONLY) as fd_in, opened(destination, O_RDWR) as fd_out:
        return copy_range(fd_in, fd_out, length, source_offset, destination_offset)


def copy_all_of(source, destination, length, source_offset=0, destination_offset=0):
    """copy_file_range(2) until all is done or nothing more is; returns the bytes."""
    done = 0
    with opened(source, O_RDONLY) as fd_in, opened(destination, O_RDWR) as fd_out:
        while done < length:
            count = copy_range(fd_in, fd_out, length - done, source_offset + done, destination_offset + done)
            if count == 0:
                break
            done += count
    return done


class Aio:
    """Linux native asynchronous I/O (libaio's system calls)."""
    SETUP, DESTROY, GETEVENTS, SUBMIT = 206, 207, 208, 209
    WRITE = 1

    class Request(ctypes.Structure):
        _fields_ = [("data", ctypes.c_uint64), ("key", ctypes.c_uint32), ("rw_flags", ctypes.c_uint32),
                    ("opcode", ctypes.c_uint16), ("priority", ctypes.c_int16), ("fd", ctypes.c_uint32),
                    ("buffer", ctypes.c_uint64), ("bytes", ctypes.c_uint64), ("offset", ctypes.c_int64),
                    ("reserved", ctypes.c_uint64), ("flags", ctypes.c_uint32), ("event_fd", ctypes.c_uint32)]

    class Event(ctypes.Structure):
        _fields_ = [("data", ctypes.c_uint64), ("request", ctypes.c_uint64), ("result", ctypes.c_int64),
                    ("result2", ctypes.c_int64)]

    def __init__(self, depth=32):
        self.context = ctypes.c_ulong(0)
        _checked(libc.syscall(self.SETUP, depth, ctypes.byref(self.context)))
        self.requests = []

    def write(self, fd, memory, offset):
        """Submits one write; its number names it in what `wait` returns."""
        view = (ctypes.c_char * len(memory)).from_buffer(memory)
        request = self.Request(data=len(self.requests), opcode=self.WRITE, fd=fd, buffer=ctypes.addressof(view),
                               bytes=len(memory), offset=offset)
        self.requests.append((request, view))
        pointer = ctypes.pointer(request)
        _checked(libc.syscall(self.SUBMIT, self.context, ctypes.c_long(1), ctypes.byref(pointer)))
        return len(self.requests) - 1

    def wait(self, count):
        """{number: result}; a result below 0 is a negated errno."""
        events = (self.Event * count)()
        got = _checked(libc.syscall(self.GETEVENTS, self.context, ctypes.c_long(count), ctypes.c_long(count), events, None))
        return {events[i].data: events[i].result for i in range(got)}

    def write_now(self, fd, memory, offset):
        return self.wait_for(self.write(fd, memory, offset))

    def wait_for(self, number):
        return self.wait(1)[number]


class Uring:
    """io_uring, one request at a time."""
    SETUP, ENTER = 425, 426
    RING, ENTRIES = 0, 0x10000000  # offsets for mmap
    WAIT = 1
    READ, WRITE = 22, 23

    def __init__(self):
        parameters = bytearray(120)
        view = (ctypes.c_char * len(parameters)).from_buffer(parameters)
        self.fd = _checked(libc.syscall(self.SETUP, 4, view))
        # struct io_sqring_offsets and io_cqring_offsets, of which each a few words are needed.
        self.tail, = struct.unpack_from("<I", parameters, 40 + 4)
        array, = struct.unpack_from("<I", parameters, 40 + 24)
        self.cq_head, = struct.unpack_from("<I", parameters, 80)
        self.cqes, = struct.unpack_from("<I", parameters, 80 + 20)
        cq_entries, = struct.unpack_from("<I", parameters, 4)
        self.ring = mmap.mmap(self.fd, max(array + 4 * 4, self.cqes + 16 * cq_entries), offset=self.RING)
        self.entries = mmap.mmap(self.fd, 64 * 4, offset=self.ENTRIES)
        self.cq_mask = cq_entries - 1
        for slot in range(4):  # always the first entry
            struct.pack_into("<I", self.ring, array + 4 * slot, 0)

    def _once(self, opcode, fd, memory, offset):
        view = (ctypes.c_char * len(memory)).from_buffer(memory)
        self.entries[:64] = struct.pack("<BBHiQQI28x", opcode, 0, 0, fd, offset, ctypes.addressof(view), len(memory)).ljust(64, b"\0")
        tail, = struct.unpack_from("<I", self.ring, self.tail)
        struct.pack_into("<I", self.ring, self.tail, tail + 1)
        _checked(libc.syscall(self.ENTER, self.fd, 1, 1, self.WAIT, None, 0))
        head, = struct.unpack_from("<I", self.ring, self.cq_head)
        _, result, _ = struct.unpack_from("<QiI", self.ring, self.cqes + 16 * (head & self.cq_mask))
        struct.pack_into("<I", self.ring, self.cq_head, head + 1)
        return result

    def read(self, fd, memory, offset):
        """A count, or a negated errno."""
        return self._once(self.READ, fd, memory, offset)

    def write(self, fd, memory, offset):
        return self._once(self.WRITE, fd, memory, offset)


def aio_result(result):
    """"EIO" for -5; a count stays a count."""
    return errno_name(result) if result < 0 else result


# Has the program that follows, and all it starts, told that files cannot be copied by the kernel: copy_file_range(2) and
# FICLONERANGE fail with EOPNOTSUPP. That is the device "without Copy".
WITHOUT_COPY = (sys.executable, os.path.join(HERE, "without_copy.py"))


def at_once(*functions):
    """Runs functions in processes of their own, side by side; their checks count here."""
    children = {}
    for function in functions:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            global _failures
            _failures = 0
            try:
                function()
            except BaseException:
                traceback.print_exc()
                _failures += 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(1 if _failures else 0)
        children[child] = function
    deadline = waiting.Deadline()
    for child, function in children.items():
        if not waiting.Process(child).wait(deadline):
            fail(f"{function} in a child process still runs: something hangs")
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        check(status == 0, f"{function} in a child process: status {os.waitstatus_to_exitcode(status)}")


def in_child(function):
    """Runs `function` in a process of its own, that may have other limits or another user."""
    at_once(function)


def as_nobody(function):
    def changed():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        function()
    in_child(changed)
