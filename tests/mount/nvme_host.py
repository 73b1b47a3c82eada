"""A small NVMe/TCP host, written from the standard: it speaks to `zonecopy serve` as another program would, and breaks the
protocol where a test wants it.

    with Host(port, nqn) as host:          # admin queue, enabled
        io = host.io_queue(1)
        io.write(1, lba=0, data=b"...")
"""
import socket
import struct
import uuid

IC_REQUEST, IC_RESPONSE, HOST_TERMINATION, TERMINATION, COMMAND, RESPONSE, HOST_DATA, DATA, READY = 0, 1, 2, 3, 4, 5, 6, 7, 9
LAST, SUCCESS = 4, 8
IN_CAPSULE, TRANSPORT = 0x01, 0x5A
DISCOVERY = "nqn.2014-08.org.nvmexpress.discovery"
HOST_NQN = "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000001"
BLOCK = 4096


class Disconnected(Exception):
    """The target has ended the connection."""


class Terminated(Disconnected):
    """... and has said why: Fatal Error Status and Information."""

    def __init__(self, status, information):
        super().__init__(f"status {status}, information {information:#x}")
        self.status, self.information = status, information


class Refused(Exception):
    """A status that is not 0."""

    def __init__(self, status, result):
        super().__init__(f"status {status & 0x7ff:#x}, result {result:#x}")
        self.status, self.do_not_retry, self.result = status & 0x7FF, status >> 14 & 1, result


def entry(opcode, command_id, nsid=0, dwords=(0,) * 6, sgl=(0, 0, TRANSPORT), flags=0x40):
    """A submission queue entry; `sgl` is (address, length, identifier)."""
    address, length, identifier = sgl
    return (struct.pack("<BBHI", opcode, flags, command_id, nsid) + bytes(16)
            + struct.pack("<QI3xB", address, length, identifier) + struct.pack("<6I", *dwords))


def pdu(kind, flags, header, data=b""):
    """A PDU without digests; `header` is what follows the common header."""
    length = 8 + len(header)
    return struct.pack("<BBBBI", kind, flags, length, length if data else 0, length + len(data)) + header + data


class Queue:
    """One connection. `attach` after the handshake makes it a queue of a controller."""

    def __init__(self, port, address="127.0.0.1", handshake=True):
        self.socket = socket.create_connection((address, port), timeout=60)
        self.next_id = 0
        if handshake:
            self.send(pdu(IC_REQUEST, 0, struct.pack("<HBBI", 0, 0, 0, 0) + bytes(112)))
            kind, _, _, _ = self.receive()
            assert kind == IC_RESPONSE, kind

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Disconnected from error

    def read(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except ConnectionResetError as error:
                raise Disconnected from error
            if not part:
                raise Disconnected
            data += part
        return data

    def receive(self):
        """(type, flags, header without the common one, data) of the next PDU."""
        kind, flags, header_length, data_offset, total = struct.unpack("<BBBBI", self.read(8))
        rest = self.read(total - 8)
        if kind == TERMINATION:
            raise Terminated(*struct.unpack_from("<HI", rest))
        return kind, flags, rest[:header_length - 8], rest[max(data_offset, header_length) - 8:]

    def take_id(self):
        self.next_id = (self.next_id + 1) % 0x8000
        return self.next_id

    def command(self, opcode, nsid=0, dwords=(0,) * 6, data=b"", length=0, in_capsule=True):
        """Sends a command and gives (result, data that came)."""
        command_id = self.submit(opcode, nsid, dwords, data, length, in_capsule)
        return self.complete(command_id, data)

    def submit(self, opcode, nsid=0, dwords=(0,) * 6, data=b"", length=0, in_capsule=True):
        command_id = self.take_id()
        with_data = data if in_capsule else b""
        sgl = (0, len(data) or length, IN_CAPSULE if with_data else TRANSPORT)
        self.send(pdu(COMMAND, 0, entry(opcode, command_id, nsid, dwords, sgl), with_data))
        return command_id

    def complete(self, command_id, data=b""):
        """The result of one command, and what was read; sends what the target is ready for."""
        came = b""
        while True:
            kind, flags, header, body = self.receive()
            if kind == READY:
                ready_id, tag, offset, length = struct.unpack_from("<HHII", header)
                assert ready_id == command_id
                self.send(pdu(HOST_DATA, LAST, struct.pack("<HHII4x", ready_id, tag, offset, length),
                              data[offset:offset + length]))
            elif kind == DATA:
                came += body
                if flags & SUCCESS:
                    return 0, came
            else:
                assert kind == RESPONSE, kind
                result, _, _, done_id, status = struct.unpack("<QHHHH", header)
                assert done_id == command_id, (done_id, command_id)
                if status >> 1:
                    raise Refused(status >> 1, result)
                return result, came

    # Fabrics commands.
    def attach(self, subsystem, queue_id=0, controller=0xFFFF, host=HOST_NQN, entries=32, keep_alive_ms=0,
               host_id=uuid.UUID(int=1), attributes=4):
        data = bytearray(1024)
        data[0:16] = host_id.bytes
        data[16:18] = struct.pack("<H", controller)
        data[256:256 + len(subsystem)] = subsystem.encode()
        data[512:512 + len(host)] = host.encode()
        dwords = (queue_id << 16, attributes << 16 | entries - 1, keep_alive_ms, 0, 0, 0)
        result, _ = self.command(0x7F, 1, dwords, bytes(data))
        return result

    def get_property(self, offset, wide=False):
        return self.command(0x7F, 4, (int(wide), offset, 0, 0, 0, 0))[0]

    def set_property(self, offset, value):
        return self.command(0x7F, 0, (0, offset, value, 0, 0, 0))[0]

    # Admin commands.
    def identify(self, cns, nsid=0, command_set=0):
        return self.command(0x06, nsid, (cns, command_set << 24, 0, 0, 0, 0), length=4096)[1]

    def log(self, page, length, offset=0, command_set=0):
        dwords = (page | (length // 4 - 1) << 16, 0, offset, 0, command_set << 24, 0)
        return self.command(0x02, 0xFFFFFFFF, dwords, length=length)[1]

    # I/O commands.
    def io_read(self, nsid, lba, blocks=1):
        return self.command(0x02, nsid, (lba, 0, blocks - 1, 0, 0, 0), length=blocks * BLOCK)[1]

    def io_write(self, nsid, lba, data, in_capsule=True):
        return self.command(0x01, nsid, (lba, 0, len(data) // BLOCK - 1, 0, 0, 0), data, in_capsule=in_capsule)[0]

    def io_append(self, nsid, zone_lba, data, in_capsule=True):
        return self.command(0x7D, nsid, (zone_lba, 0, len(data) // BLOCK - 1, 0, 0, 0), data, in_capsule=in_capsule)[0]

    def flush(self, nsid=0xFFFFFFFF):
        return self.command(0x00, nsid)[0]

    def manage(self, nsid, lba, action, all_zones=False):
        return self.command(0x79, nsid, (lba, 0, 0, action | int(all_zones) << 8, 0, 0))[0]

    def report(self, nsid, lba=0, zones=64):
        length = 64 + 64 * zones
        return self.command(0x7A, nsid, (lba, 0, length // 4 - 1, 1 << 16, 0, 0), length=length)[1]

    def copy(self, nsid, lba, ranges):
        """Copies (start, blocks) ranges of the namespace itself."""
        data = b"".join(struct.pack("<8xQH14x", start, blocks - 1) for start, blocks in ranges)
        return self.command(0x19, nsid, (lba, 0, len(ranges) - 1, 0, 0, 0), data)[0]


class Host:
    """A controller of its own: an admin queue, and I/O queues."""

    def __init__(self, port, subsystem, enable=True, address="127.0.0.1", **options):
        self.port, self.subsystem, self.address = port, subsystem, address
        self.options = {key: options[key] for key in options if key in ("host", "host_id")}
        self.admin = Queue(port, address)
        self.queues = [self.admin]
        self.controller = self.admin.attach(subsystem, **options)
        if enable:
            self.enable()

    def enable(self):
        assert self.admin.get_property(0, wide=True) >> 37 & 1
        self.admin.set_property(0x14, 0x00460061)
        assert self.admin.get_property(0x1C) & 1

    def io_queue(self, queue_id=1, entries=32, **options):
        queue = Queue(self.port, self.address)
        self.queues.append(queue)
        queue.attach(self.subsystem, queue_id, self.controller, entries=entries, **{**self.options, **options})
        return queue

    def close(self):
        for queue in self.queues:
            queue.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
