"""The kernel's zonefs on a device, and it and zonecopyfs in turns on the same one. Import it after vmtest."""
from vmtest import *

KERNEL = os.path.join(TMP, "kernel")
os.makedirs(KERNEL, exist_ok=True)


class KernelMount:
    """The kernel's zonefs, with the names of Mount that are used here."""
    def __init__(self, drive, options=""):
        must("mount", "-t", "zonefs", *(("-o", options) if options else ()), drive.path, KERNEL)
        self.path = KERNEL

    def seq(self, number):
        return f"{self.path}/seq/{number}"

    def unmount(self):
        must("umount", self.path)


def take_turns(drive, seed, numbers, steps, before_kernel=None):
    """Each writes on where the other stopped, resets and finishes what the other wrote; a model says what has to be there.
    `before_kernel` gives the drive anew for each turn of the kernel but the first. The drive and the model; no model after
    an error."""
    randomly = random.Random(seed)
    model = {number: b"" for number in numbers}
    for turn in range(6):
        by_kernel = turn % 2 == 0
        who = f"turn {turn}, {'kernel' if by_kernel else 'zonecopyfs'}"
        if by_kernel and turn > 0 and before_kernel:
            drive = before_kernel()
        fs = KernelMount(drive) if by_kernel else drive.mount()
        for number in numbers:
            same_bytes(content(fs.seq(number)), model[number], f"{who}: seq/{number} at the start")
        for step in range(steps):
            number = randomly.choice(numbers)
            data = pattern(4096 * randomly.choice((1, 3, 16, 40)), turn * 100 + step)
            what = randomly.choice(("write", "write", "append", "reset", "finish", "copy"))
            full = len(model[number]) + len(data) > drive.capacity
            try:
                if what == "reset" or full:
                    os.truncate(fs.seq(number), 0)
                    model[number] = b""
                elif what == "finish" and randomly.random() < 0.3:
                    os.truncate(fs.seq(number), drive.capacity)
                    model[number] = model[number].ljust(drive.capacity, b"\0")
                elif what == "copy" and not by_kernel:
                    source = randomly.choice([other for other in numbers if other != number])
                    length = min(len(model[source]), drive.capacity - len(model[number]))
                    equal(copy_all_of(fs.seq(source), fs.seq(number), length, 0, len(model[number])), length, who)
                    model[number] += model[source][:length]
                else:
                    with opened(fs.seq(number), O_WRONLY | O_DIRECT | (O_APPEND if what == "append" else 0)) as fd:
                        equal(os.pwrite(fd, aligned(data), len(model[number])), len(data), f"{who}, step {step}: {what}")
                    model[number] += data
            except OSError as error:
                fail(f"{who}, step {step}: {what} seq/{number} at {len(model[number])}: {error}")
                fs.unmount()
                return drive, None
        fs.unmount()
    return drive, model
