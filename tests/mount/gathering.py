"""What the tests of gathers share: the requests of zonecopy/ioctl.h, as Python's struct knows them."""
from zctest import *

VERSION, RANGES_MAX = 1, 480
AT_OFFSET, ONLY_OFFLOAD, BACKGROUND = 1, 2, 4
HEAD = "IIIIQQQQQQIi24s256s"
HEAD_BYTES = struct.calcsize(HEAD)
REQUEST_BYTES = HEAD_BYTES + RANGES_MAX * 32
GATHER = (3 << 30) | (REQUEST_BYTES << 16) | (ord("Z") << 8) | 0xc3
LIMITS_LAYOUT = "IIQIIIII28s64s256s"
LIMITS = (2 << 30) | (struct.calcsize(LIMITS_LAYOUT) << 16) | (ord("Z") << 8) | 0xc4


def request_of(ranges, flags=0, offset=0, version=VERSION, count=None, reserved=0, reserved_too=bytes(24)):
    """The bytes of a request; ranges are (inode or path, offset, length)."""
    packed = b"".join(struct.pack("QQQQ", os.stat(source).st_ino if isinstance(source, str) else source, start, length, 7)
                      for source, start, length in ranges)
    head = struct.pack(HEAD, version, flags, len(ranges) if count is None else count, reserved, offset, 1, 2, 3, 4, 5, 6, 7,
                       reserved_too, b"nothing yet")
    return bytearray((head + packed).ljust(REQUEST_BYTES, b"\0"))


class Answer:
    """What a gather has come to; `errno` is the name of the system call's error, or None."""
    def __init__(self, memory, count, errno_of_call):
        (_, _, _, _, self.offset, self.bytes, *self.ways, self.commands, self.failed, self.error, _,
         reason) = struct.unpack_from(HEAD, memory)
        self.reason = reason.rstrip(b"\0").decode()
        self.copied = [struct.unpack_from("QQQQ", memory, HEAD_BYTES + 32 * i)[3] for i in range(min(count, RANGES_MAX))]
        self.errno = errno_of_call

    def __repr__(self):
        return f"{vars(self)}"


def ask(fd, memory, count):
    try:
        fcntl.ioctl(fd, GATHER, memory)
        return Answer(memory, count, None)
    except OSError as error:
        return Answer(memory, count, errno.errorcode[error.errno])


def gather(fd, ranges, flags=0, offset=0, **wrong):
    """Gathers to the open file; where `offset` is given it has to begin there."""
    return ask(fd, request_of(ranges, flags | (AT_OFFSET if offset else 0), offset, **wrong), len(ranges))


def limits(fd):
    """(ranges a request, block size, zone size, MSRC + 1, MSSRL, MCL, mode, flags, mechanism, reason)"""
    *numbers, _, mechanism, reason = struct.unpack(LIMITS_LAYOUT, fcntl.ioctl(fd, LIMITS, bytes(struct.calcsize(LIMITS_LAYOUT))))
    return *numbers, mechanism.rstrip(b"\0").decode(), reason.rstrip(b"\0").decode()
