"""The kernel's own NVMe/TCP target: over a zoned block device, where it has no Copy, and by passthrough over QEMU's drive, which has."""
from vmtest import *
from kernel_host import *
from kernel_target import *

BLOCKS_NQN, DRIVE_NQN = "nqn.2026-11.org.example:blocks", "nqn.2026-11.org.example:drive"
BLOCKS_PORT, DRIVE_PORT = 4420, 4421
RECONNECT = ("--reconnect-delay", 1)


def block_target(**settings):
    return KernelTarget(BLOCKS_NQN, BLOCKS_PORT, devices=["/dev/zoned"], **settings)


def drive_target():
    return KernelTarget(DRIVE_NQN, DRIVE_PORT, controller_node=f"/dev/{controller('copying')}")


def facts(zones):
    return [vars(zone) for zone in zones]


def reset_all(disk):
    must("blkzone", "reset", disk.path)
    return disk


# --- the kernel on both ends: what the harness is made of -------------------------------------------------------------

@section
def the_kernels_host_on_the_kernels_target():
    block_target()
    drive_target()
    for port, nqn in ((BLOCKS_PORT, BLOCKS_NQN), (DRIVE_PORT, DRIVE_NQN)):
        equal([(record["subnqn"], record["trsvcid"]) for record in discovered(port) if record["subtype"] == "nvme subsystem"],
              [(nqn, str(port))], "discovered")
    blocks = KernelHost(BLOCKS_NQN, BLOCKS_PORT).namespace()
    drive = KernelHost(DRIVE_NQN, DRIVE_PORT, "--hdr-digest", "--data-digest").namespace()
    for across, below in ((blocks, ZonedDisk("/dev/zoned", formatted=False)), (drive, Namespace("copying", formatted=False))):
        equal(across.queue_limit("zoned"), "host-managed", across.path)
        data = pattern(MIB)
        write_direct(across.path, data, across.zone_size * 2)
        equal(facts(across.report()), facts(below.report()), f"zones of {across.path} and {below.path}")
        equal(across.report()[2].written, MIB, across.path)
        with opened(below.path, O_RDONLY | O_DIRECT) as fd:
            same_bytes(read_direct(fd, MIB, below.zone_size * 2), data, below.path)
    # Copy is a command of the drive's, and the target hands it on.
    trace.mark()
    source, destination = (drive.zone_size * zone // drive.block for zone in (2, 3))
    equal(drive.copy_command(destination, [(source, 64), (source + 64, 16)]), (0, 0), "Copy across the network")
    equal((trace.copied(), trace.host_transfers()), ([[64, 16]], (0, 0, 0)), "what the drive was sent")
    equal(blocks.copy_command(destination, [(source, 1)])[0] & 0x7ff, 0x001, "Copy to a target that has none: Invalid Command Opcode")


@section
def a_target_that_goes_and_comes_back():
    target = block_target()
    host = KernelHost(BLOCKS_NQN, BLOCKS_PORT, *RECONNECT)
    disk = reset_all(host.namespace(formatted=False))
    target.withdraw()
    waiting.again_and_again(lambda: host.attribute("state") == "connecting")
    writer = in_background(lambda: write_direct(disk.path, pattern(MIB), disk.zone_size))
    target.offer()
    equal(writer.result(), MIB, "what was written")
    equal(disk.report()[1].written, MIB)


@section
def a_secret():
    secret = must("nvme", "gen-dhchap-key", "--nqn", HOST_NQN, "--hmac", 1).out.strip()
    other = must("nvme", "gen-dhchap-key", "--nqn", HOST_NQN, "--hmac", 1).out.strip()
    block_target(host_nqn=HOST_NQN, secret=secret)
    refused_connection(BLOCKS_NQN, BLOCKS_PORT, "--dhchap-secret", other)
    KernelHost(BLOCKS_NQN, BLOCKS_PORT, "--dhchap-secret", secret).namespace(formatted=False)


run_sections()
