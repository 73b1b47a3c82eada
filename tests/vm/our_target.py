"""`zonecopy serve` in this guest, and Linux's own host on it. Import it after vmtest."""
from vmtest import *
import serving
from kernel_host import *  # before the rest: hosts have to disconnect before their target goes

NQN = "nqn.2026-11.org.example:served"
PORT = 4420


class OurTarget:
    """Devices and images, served at a port of the loopback address; NSID 1 is the first one."""
    made = []

    def __init__(self, *devices, options=()):
        self.arguments, self.process = (*devices, "--nqn", NQN, *options), None
        self.start()
        OurTarget.made.append(self)

    def start(self):
        """Also once more, after it was killed."""
        self.process = serving.Target(*self.arguments, listen=("--listen", f"127.0.0.1:{PORT}"))

    def statistics(self):
        return self.process.statistics()

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def stop(self):
        OurTarget.made.remove(self)
        equal(self.process.stop(), 0, f"exit status of the target, whose log is {self.process.log()}")


def small_image(**changes):
    """12 zones of 4 MiB, 3 of them usable, 4 open and 6 active at once."""
    settings = {"zones": 12, "zone_size": 4 * MIB, "capacity": 3 * MIB, "max_open": 4, "max_active": 6, "formatted": False}
    return Image(**{**settings, **changes})


def served(*devices, options=(), host=()):
    """A target, and the kernel's connection to it."""
    target = OurTarget(*devices, options=options)
    return target, KernelHost(NQN, PORT, *host)


@after_each_section
def stop_targets():
    for target in OurTarget.made[:]:
        target.stop()
