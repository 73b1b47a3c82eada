"""Devices across the network: names of what a `zonecopy serve` of this test serves."""
from serving import *

NQN = "nqn.2026-01.org.example:disk"
HOST = "nqn.2026-01.org.example:host"
# So that nothing depends on how the machine calls itself.
WHO = f"hostnqn={HOST}&hostid=0c0a1e1c-0000-4000-8000-000000000001"


def name_of(target, *keys, nqn=None):
    return f"nvme-tcp://{target.address}/{nqn or target.nqn}?" + "&".join((*keys, WHO))


class RemoteImage(Image):
    """An image that is reached through a target: `path` is the name of the device, `file` the image itself."""

    def __init__(self, *serve_options, keys=(), formatted=True, mkfs=(), **others):
        super().__init__(formatted=False, **others)
        self.file = self.path
        self.target = Target(self.file, "--nqn", NQN, *serve_options)
        self.path = name_of(self.target, *keys)
        if formatted:
            self.format(*mkfs)


def key(name, length=32, hash_number=0, nqn=HOST):
    """A key in a file that nobody else reads, as nvme-cli makes it (written here from the form that it has)."""
    import base64
    secret = pattern(length, sum(name.encode()))
    text = base64.b64encode(secret + struct.pack("<I", zlib.crc32(secret))).decode()
    path = file_with(name, f"{nqn} DHHC-1:{hash_number:02}:{text}:\n".encode())
    os.chmod(path, 0o600)
    return path
