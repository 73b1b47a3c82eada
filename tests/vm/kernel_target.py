"""Linux's own NVMe/TCP target, in this guest, set up by configfs. Import it after vmtest, and after kernel_host where that is used:
hosts have to disconnect before their target goes."""
from vmtest import *

NVMET = "/sys/kernel/config/nvmet"


class KernelTarget:
    """A subsystem at a TCP port of the loopback address. It has either block devices as its namespaces, NSID 1 first, or a
    controller by passthrough, whose namespaces and commands it then hands on as they are."""
    made = []

    def __init__(self, nqn, port=4420, devices=(), controller_node=None, secret=None, host_nqn=None):
        self.nqn, self.port = nqn, port
        self.subsystem = f"{NVMET}/subsystems/{nqn}"
        self.port_folder = f"{NVMET}/ports/{port}"
        self.link = f"{self.port_folder}/subsystems/{nqn}"
        self.namespaces, self.host = [], None
        os.mkdir(self.subsystem)
        KernelTarget.made.append(self)
        for nsid, device in enumerate(devices, 1):
            self.add_namespace(nsid, device)
        if controller_node:
            self.pass_through(controller_node)
        if host_nqn:
            self.allow_host(host_nqn, secret)
        else:
            _set(self.subsystem, "attr_allow_any_host", 1)
        os.mkdir(self.port_folder)
        for name, value in (("trtype", "tcp"), ("adrfam", "ipv4"), ("traddr", "127.0.0.1"), ("trsvcid", port)):
            _set(self.port_folder, f"addr_{name}", value)
        self.offer()

    def add_namespace(self, nsid, device):
        folder = f"{self.subsystem}/namespaces/{nsid}"
        os.mkdir(folder)
        self.namespaces.append(folder)
        _set(folder, "device_path", device)
        _set(folder, "enable", 1)

    def pass_through(self, node):
        folder = f"{self.subsystem}/passthru"
        _set(folder, "device_path", node)
        # The kernel's host refuses a namespace that it knows by the same identifiers as one of another subsystem, its own drive's.
        _set(folder, "clear_ids", 1)
        _set(folder, "enable", 1)

    def allow_host(self, host_nqn, secret):
        """Only this host, and, if there is a secret, only after it has proved by DH-HMAC-CHAP that it has it."""
        self.host = f"{NVMET}/hosts/{host_nqn}"
        os.mkdir(self.host)
        if secret:
            _set(self.host, "dhchap_key", secret)
        _set(self.subsystem, "attr_allow_any_host", 0)
        os.symlink(self.host, f"{self.subsystem}/allowed_hosts/{host_nqn}")

    def name(self, nsid=1):
        """What zonecopy's programs call a namespace of it."""
        return f"nvme-tcp://127.0.0.1:{self.port}/{self.nqn}?nsid={nsid}"

    def offer(self):
        os.symlink(self.subsystem, self.link)

    def withdraw(self):
        """Takes the subsystem away from its port, which ends all connections to it. Nothing listens there until it is offered again."""
        os.unlink(self.link)

    def remove(self):
        KernelTarget.made.remove(self)
        if os.path.lexists(self.link):
            self.withdraw()
        if os.path.isdir(self.port_folder):
            os.rmdir(self.port_folder)
        if self.host:
            os.unlink(f"{self.subsystem}/allowed_hosts/{os.path.basename(self.host)}")
            os.rmdir(self.host)
        for folder in self.namespaces:
            os.rmdir(folder)
        # Else the drive stays in use: a folder of configfs that is not empty of settings cannot be left switched on.
        if open(f"{self.subsystem}/passthru/enable", encoding="ascii").read().strip() == "1":
            _set(f"{self.subsystem}/passthru", "enable", 0)
        os.rmdir(self.subsystem)


def _set(folder, name, value):
    with open(f"{folder}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


@after_each_section
def remove_targets():
    for target in KernelTarget.made[:]:
        target.remove()
