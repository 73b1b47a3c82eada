#!/usr/bin/env python3
"""The end of zonecopy serve: in order, at once, and by a kill, after which nothing is missing that was acknowledged."""
from nvme_host import *
from serving import *

image = Image(formatted=False)
data = pattern(64 * KIB)

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    target = Target(image.path)
    with Host(target.port, target.nqn) as host:
        io = host.io_queue()
        io.manage(1, 0, 4, all_zones=True)
        io.io_write(1, 0, data, in_capsule=False)
        equal(target.stop(number), 0, f"signal {number}")
        try:
            io.io_read(1, 0)
            fail("a target that has ended still answers")
        except Disconnected:
            pass
    equal(image.report()[0].written, len(data), f"signal {number}")
    check('"writes":1' in target.log(), f"no counters at the end: {target.log()}")

# Killed: what was acknowledged is there.
target = Target(image.path)
host = Host(target.port, target.nqn)
io = host.io_queue()
io.manage(1, 0, 4, all_zones=True)
io.io_write(1, 0, data, in_capsule=False)
equal(io.io_append(1, image.zone_size // BLOCK, data[:8 * KIB]), image.zone_size // BLOCK)
equal(target.stop(signal.SIGKILL), -signal.SIGKILL)
host.close()
equal([zone.written for zone in image.report()[:2]], [len(data), 8 * KIB])
target = Target(image.path)
with Host(target.port, target.nqn) as host:
    same_bytes(host.io_queue().io_read(1, 0, 16), data, "after a kill")

    # A host that neither answers nor leaves cannot keep it from ending.
    idle = Queue(target.port)
    half = Queue(target.port, handshake=False)
    half.send(b"\0\0\x80")
    equal(target.stop(), 0)

# Standard error that nobody reads does not stop it.
serving = subprocess.Popen(["zonecopy", "serve", image.path, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
nqn, _, address = serving.stdout.readline().split()
for _ in range(600):
    Host(int(address.rsplit(":", 1)[1]), nqn, enable=False).close()
with Host(int(address.rsplit(":", 1)[1]), nqn) as host:
    same_bytes(host.io_queue().io_read(1, 0, 16), data, "with a full pipe")
serving.terminate()
serving.stderr.read()
equal(serving.wait(waiting.HANG_LIMIT_SECONDS), 0)
