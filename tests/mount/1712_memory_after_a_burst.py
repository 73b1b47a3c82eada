#!/usr/bin/env python3
"""What a burst of requests needs is given back within seconds, and a mount that is idle then has nothing to do."""
from zctest import *

BURST = 64


def held(pid):
    """Memory that the daemon holds. ASan keeps what is freed; what is registered with the kernel says enough then."""
    field = "VmPin" if ASAN else "VmRSS"
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(field + r":\s+(\d+)", file.read()).group(1)) * KIB


fs = Image(zones=BURST + 1, zone_size=4 * MIB).mount()
before = held(fs.pid)
data = aligned(MIB)
highest = 0


def writer(number):
    with opened(fs.seq(number), O_RDWR | O_DIRECT) as fd:
        for _ in range(3):
            for position in range(0, 4 * MIB, MIB):
                os.pwrite(fd, data, position)
            os.ftruncate(fd, 0)


threads = [threading.Thread(target=writer, args=(number,)) for number in range(BURST)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    highest = max(highest, held(fs.pid))
    time.sleep(0.005)  # memory has no event: it is looked at again
for thread in threads:
    thread.join()
if highest < before + 24 * MIB:
    skip(f"this machine is too slow for a burst: {(highest - before) // MIB} MiB")
bound = before + 12 * MIB
eventually(lambda: held(fs.pid) <= bound, True,
           what=f"held are {held(fs.pid) // MIB} MiB, at most {bound // MIB} MiB of {highest // MIB}")
write_direct(fs.seq(0), pattern(MIB))
same_bytes(content(fs.seq(0)), pattern(MIB), "seq/0")
fs.unmount()
