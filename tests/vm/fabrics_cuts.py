"""Linux's own NVMe/TCP host writes to `zonecopy serve` while that is killed, hangs, or cannot be reached."""
from vmtest import *
from our_target import *
from zone_writer import *

# Of a connection that is dead without a word the kernel learns by its keep alive.
IMPATIENT = ("--reconnect-delay", 1, "--keep-alive-tmo", 2)


def live(host):
    return host.attribute("state") == "live"


def while_the_kernel_writes(disturb, rounds=3):
    """`disturb` does something to the target and puts it right; all goes on, and nothing that was acknowledged is lost."""
    target, host = served(small_image(zones=24).path, host=IMPATIENT)
    disk = host.namespace(formatted=False)
    writer = ZoneWriter({zone: (disk.path, zone * disk.zone_size) for zone in range(1, disk.zones)}, disk.capacity)
    for number in range(rounds):
        writer.wait_for_progress()
        disturb(target, host)
        check(waiting.again_and_again(lambda: live(host)), f"round {number}: the host has not come back: {host.attribute('state')}")
    writer.wait_for_progress()
    writer.end()
    # A write that was carried out but not answered is sent again by the kernel, which the zone refuses: one error a round at most.
    check(len(writer.errors) <= rounds, f"errors: {writer.errors}")
    zones = disk.report()
    writer.check(lambda zone: zones[zone].written, disturb.__name__)


@section
def a_target_that_is_killed():
    def killed(target, host):
        target.kill()
        waiting.again_and_again(lambda: not live(host))
        target.start()
    while_the_kernel_writes(killed)


@section
def a_target_that_hangs():
    def hung(target, host):
        target.signal(signal.SIGSTOP)
        waiting.again_and_again(lambda: not live(host))
        target.signal(signal.SIGCONT)
    while_the_kernel_writes(hung)


@section
def a_network_that_is_down():
    def cut(_, host):
        must("ip", "link", "set", "lo", "down")
        waiting.again_and_again(lambda: not live(host))
        must("ip", "link", "set", "lo", "up")
    while_the_kernel_writes(cut)


run_sections()
