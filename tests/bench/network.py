"""Two network namespaces, joined by a veth pair, whose rate may be limited: a target and a host that share nothing but a wire."""
import os
import re
import subprocess

TARGET_ADDRESS, HOST_ADDRESS = "10.77.0.1", "10.77.0.2"
PREFIX = "zcbench"  # of the namespaces' names; behind it stands the process that made them
BURST, LATENCY = "256kb", "50ms"


def _ip(*words):
    subprocess.run(["ip", *words], check=True)


def _remove(namespace):
    # What is in it is not removed with its name, but with its last process; the wire goes at once, with either end.
    subprocess.run(["ip", "-n", namespace, "link", "del", "wire"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["ip", "netns", "del", namespace], check=False)


def remove_left_behind():
    """Those of processes that were killed."""
    listed = subprocess.run(["ip", "netns", "list"], check=False, stdout=subprocess.PIPE, text=True).stdout
    for namespace in re.findall(rf"^{PREFIX}-\w+-\d+", listed, re.M):
        if not os.path.exists(f"/proc/{namespace.rsplit('-', 1)[1]}"):
            _remove(namespace)


class Network:
    def __init__(self):
        remove_left_behind()
        self.target, self.host = (f"{PREFIX}-{end}-{os.getpid()}" for end in ("target", "host"))

    def __enter__(self):
        try:
            for namespace in (self.target, self.host):
                _ip("netns", "add", namespace)
                _ip("-n", namespace, "link", "set", "lo", "up")
            _ip("-n", self.target, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", self.host)
            for namespace, address in ((self.target, TARGET_ADDRESS), (self.host, HOST_ADDRESS)):
                _ip("-n", namespace, "address", "add", f"{address}/24", "dev", "wire")
                _ip("-n", namespace, "link", "set", "wire", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for namespace in (self.target, self.host):
            if os.path.exists(f"/run/netns/{namespace}"):
                _remove(namespace)

    def limit(self, rate):
        """As tc(8) has it, "1gbit", for each direction; None takes the limit away."""
        for namespace in (self.target, self.host):
            subprocess.run(["tc", "-n", namespace, "qdisc", "del", "dev", "wire", "root"], check=False, stderr=subprocess.DEVNULL)
            if rate:
                subprocess.run(["tc", "-n", namespace, "qdisc", "add", "dev", "wire", "root", "tbf", "rate", rate, "burst", BURST,
                                "latency", LATENCY], check=True)

    def at_target(self, *command):
        """The command, which becomes a process at this end: it is the very one that is started."""
        return ["ip", "netns", "exec", self.target, *command]

    def at_host(self, *command):
        return ["ip", "netns", "exec", self.host, *command]
