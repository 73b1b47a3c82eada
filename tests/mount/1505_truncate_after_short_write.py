#!/usr/bin/env python3
"""ftruncate(2) to 0 after a short write to an empty file resets the zone: it is not the kernel's own truncate."""
from zctest import *

CAPACITY = 3 * MIB
for options in ("", "errors=repair", "strict"):
    image = Image(capacity=CAPACITY)
    fs = image.mount(options)

    def emptied(number, flags, memory, expected, what):
        with opened(fs.seq(number), O_RDWR | flags) as fd:
            equal(os.pwrite(fd, memory, 0), expected, what)
            os.ftruncate(fd, 0)
            equal((os.fstat(fd).st_size, image.seq_zone(number).condition), (0, "empty"), f"{what}: truncated")
            # Again, and by another descriptor of the same thread.
            os.pwrite(fd, memory, 0)
            with opened(fs.seq(number), O_RDWR) as second:
                os.ftruncate(second, 0)
            equal(os.fstat(fd).st_size, 0, f"{what}: truncated by another descriptor")

    emptied(0, O_DIRECT, aligned(CAPACITY + 4096), CAPACITY, "a write past the capacity")
    emptied(1, O_DIRECT | O_DSYNC, aligned(4 * MIB), CAPACITY, "a synchronous one")
    if options != "strict":
        emptied(2, 0, aligned(CAPACITY + 4096), CAPACITY, "an ordinary write past the capacity")
        # In a thread that is not the first of its process.
        thread = threading.Thread(target=emptied, args=(3, 0, aligned(CAPACITY + 4096), CAPACITY, "in a thread"))
        thread.start()
        thread.join()
    # The kernel's own after an asynchronous write does not: 0409 has all of its cases.
    with opened(fs.seq(4), O_RDWR | O_DIRECT) as fd:
        Aio().write_now(fd, aligned(4 * MIB), 0)
        equal(os.fstat(fd).st_size, CAPACITY, "the kernel's own truncate")
        os.ftruncate(fd, 0)
        equal(os.fstat(fd).st_size, 0, "and a wanted one")
    fs.unmount()
