"""Linux's NVMe/TCP host on two targets over equal stores: `zonecopy serve` and the kernel's. Rates of two different things in a guest say
little; how the two targets compare does."""
from vmtest import *
from kernel_host import *
from kernel_target import *

OURS, THEIRS = 4420, 4421
NQN = "nqn.2026-11.org.example:{}"
SHAPES = (("8K", "1"), ("8K", "8"), ("64K", "16"))
ROUNDS = 5
READS_BAR = 0.7  # what the project holds itself to: random reads of ours divided by those of the kernel's target


class OurTarget:
    made = []

    def __init__(self, nqn, port, device):
        OurTarget.made.append(self)
        self.process = subprocess.Popen(["taskset", "-c", "1", "zonecopy", "serve", device, "--listen", f"127.0.0.1:{port}", "--nqn", nqn],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if not self.process.stdout.readline():
            sys.exit("zonecopy serve does not begin")

    def end(self):
        self.process.terminate()
        self.process.wait()


def pair(ours, theirs, name, **of_kernel):
    """The nodes of two namespaces that the kernel's host sees: of our target, and of the kernel's."""
    OurTarget(NQN.format("ours-" + name), OURS, ours)
    KernelTarget(NQN.format("theirs-" + name), THEIRS, **(of_kernel or {"devices": [theirs]}))
    return [KernelHost(NQN.format(f"{whose}-{name}"), port).namespace(formatted=False)
            for whose, port in (("ours", OURS), ("theirs", THEIRS))]


@after_each_section  # that is, when hosts have disconnected
def end_targets():
    while OurTarget.made:
        OurTarget.made.pop().end()


@section
def random_reads():
    ours, theirs = pair("/dev/served_blocks", "/dev/passed_blocks", "blocks")
    for disk in (ours, theirs):
        for zone in range(2):
            for offset in range(0, disk.zone_size, 4 * MIB):
                write_direct(disk.path, pattern(4 * MIB), zone * disk.zone_size + offset)
    told = must("io_load", "--random-reads", "--size", 2 * ours.zone_size, "--rounds", ROUNDS, "--seconds", 3,
                f"zonecopy={ours.path}", f"kernel={theirs.path}").out
    print(told, flush=True)
    ratio = float(told.splitlines()[-1].split()[-1])
    print(f"random reads of 4 KiB at depth 32: {ratio:.2f} of the kernel's target; the bar is {READS_BAR}: "
          f"{'held' if ratio >= READS_BAR else 'NOT held'}", flush=True)


@section
def copies():
    disks = pair(Namespace("served", formatted=False).char, None, "drive", controller_node=f"/dev/{controller('passed')}")
    print(f"\n{'':>14} {'target':12} {'mode':12} {'MiB/s':>9} {'bytes/byte':>11} {'machine s/GiB':>14}")
    for block, ranges in SHAPES:
        for disk, whose in zip(disks, ("zonecopy", "kernel")):
            told = json.loads(must("zonecopy", "bench", "copy", disk.char, "--json", "--jobs", 4, "--size", "8M", "--block-size", block,
                                   "--ranges", ranges, "--mode", "offload,read-write", "--interface", "lo").out)
            for case in told["targets"][0]["cases"]:
                used = case["used"]
                print(f"{block + ' x ' + ranges:>14} {whose:12} {case['mode']:12} {case['mib_per_second']:9.1f} "
                      f"{used['received_bytes'] / case['bytes']:11.4f} {used['machine_cpu_seconds'] / case['bytes'] * (1 << 30):14.1f}", flush=True)


run_sections()
