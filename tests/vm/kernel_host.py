"""Linux's own NVMe/TCP host, in this guest, by nvme-cli. Import it after vmtest."""
from vmtest import *

HOST_NQN = "nqn.2014-08.org.nvmexpress:uuid:6f1c3d52-7a0e-4c7e-9d0a-0b6d8f2e4a11"
HOST_ID = "6f1c3d52-7a0e-4c7e-9d0a-0b6d8f2e4a11"


class KernelHost:
    """A connection of this guest's kernel to a subsystem. Its namespaces are Namespace(NQN, NSID), as those of a drive."""
    made = []

    def __init__(self, nqn, port=4420, *options):
        self.nqn = nqn
        must("nvme", "connect", *transport(port), "-n", nqn, *identity(), *options)
        KernelHost.made.append(self)

    def namespace(self, nsid=1, **keywords):
        return Namespace(self.nqn, nsid, **keywords)

    def node(self):
        """The device of its controller (/dev/nvme1), for commands of administration."""
        return f"/dev/{controller(self.nqn)}"

    def attribute(self, name):
        return open(f"/sys/class/nvme/{controller(self.nqn)}/{name}", encoding="ascii").read().strip()

    def disconnect(self):
        KernelHost.made.remove(self)
        succeeds("nvme", "disconnect", "-n", self.nqn)


def transport(port):
    return "-t", "tcp", "-a", "127.0.0.1", "-s", port


def identity():
    return "--hostnqn", HOST_NQN, "--hostid", HOST_ID


def refused_connection(nqn, port, *options):
    """What nvme-cli says, where the target has to refuse."""
    ended = run("nvme", "connect", *transport(port), "-n", nqn, *identity(), *options)
    check(ended.status != 0, f"connected to {nqn} with {options}")
    if ended.status == 0:
        run("nvme", "disconnect", "-n", nqn)
    return ended


def discovered(port, *options):
    """The records of the discovery log page at a port."""
    told = must("nvme", "discover", *transport(port), *identity(), "-o", "json", *options).out
    return json.loads(told)["records"]


@after_each_section
def disconnect_hosts():
    for host in KernelHost.made[:]:
        host.disconnect()
