"""The supervising processes of `zonecopy run` that a script has started."""

import os

import waiting


class Supervisor(waiting.Process):
    def __init__(self, pid):
        super().__init__(pid)
        self.pid = pid


def supervisors():
    """Those that live. They are no children of their commands, but of the one who adopts what this script leaves (`run`)."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if name == "zonecopy-run" and int(parent) == os.getppid() and state != "Z":
            found.append(Supervisor(int(entry)))
    return found


def no_supervisor():
    """Waits for the supervisors of earlier commands: each ends a moment after its command."""
    for supervisor in supervisors():
        supervisor.wait()
