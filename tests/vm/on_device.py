"""Runs mount tests, as they are, with NVMe namespaces in place of images.

    on_device.py NAMESPACES SCRIPT...    each under the supervision of tests/mount/run; exit 1 if one does not pass

NAMESPACES are those given to tests/vm/boot, with commas between, each NAME or NAME:NSID. A test that makes an image gets the
namespace that is like it in every number, formatted anew. A test of something that no namespace has (conventional zones, say)
skips; here that is a failure, so that the list of scripts stays true.
"""

import importlib.machinery
import importlib.util
import json
import os
import runpy
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
MOUNT_TESTS = os.path.join(os.path.dirname(HERE), "mount")
MIB = 1 << 20


def geometries(namespaces):
    """{device: [zones, zone size, capacity, block size, max open, max active]}"""
    from vmtest import Namespace, must

    found = {}
    for text in namespaces.split(","):
        name, _, nsid = text.partition(":")
        path = Namespace(name, int(nsid or 1), formatted=False).path
        told = json.loads(must("zonecopy", "report", path, "--json").out)
        found[path] = [told["zone_count"], told["zone_size_bytes"], told["zones"][0]["capacity_bytes"], told["block_size_bytes"],
                       told["max_open_zones"], told["max_active_zones"]]
    return found


def supervise(namespaces, scripts):
    os.environ["ZONECOPY_NAMESPACES"] = json.dumps(geometries(namespaces))
    binaries = os.environ["ZCTEST_BIN"]  # vmtest has set it
    loader = importlib.machinery.SourceFileLoader("mount_run", os.path.join(MOUNT_TESTS, "run"))
    mount_run = importlib.util.module_from_spec(importlib.util.spec_from_loader("mount_run", loader))
    loader.exec_module(mount_run)

    failed = 0
    for pattern in scripts:
        chosen = mount_run.scripts([pattern])
        if not chosen:
            print(f"FAILED  there is no mount test {pattern}")
            failed += 1
        for script in chosen:
            started = time.monotonic()
            status = run_in_child(lambda script=script: supervise_one(mount_run, script, binaries))
            failed += status != 0
            print(f"{'ok     ' if status == 0 else 'FAILED '} {script} ({time.monotonic() - started:.1f} s)", flush=True)
    return 1 if failed else 0


def run_in_child(function):
    """A supervisor takes in every process that its script leaves, so each is a process of its own."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = function()
        finally:
            sys.stdout.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def supervise_one(mount_run, script, binaries):
    supervisor = mount_run.Supervisor(script, binaries, "/run", mount_run.SCRIPT_LIMIT_SECONDS)
    wrapper = os.path.join(supervisor.directory, script)
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec /usr/bin/python3 {__file__} --script {MOUNT_TESTS}/{script}\n")
    os.chmod(wrapper, 0o755)
    supervisor.script = wrapper
    return supervisor.run()


def run_script(script):
    sys.path.insert(0, MOUNT_TESTS)
    import zctest

    known = json.loads(os.environ["ZONECOPY_NAMESPACES"])
    used = []  # the last one at the end

    class NamespaceImage(zctest.Image):
        """As Image, but on a namespace that is there already."""

        def __init__(self, zones=12, zone_size=4 * MIB, capacity=None, conventional=0, max_open=0, max_active=0, block=4096,
                     directory=zctest.TMP, formatted=True, mkfs=(), size=None):  # pylint: disable=super-init-not-called
            wanted = [zones, zone_size, capacity or zone_size, block, max_open, max_active]
            if conventional or size or not formatted or directory != zctest.TMP:
                zctest.skip("it wants what a namespace does not have")
            fitting = [path for path, numbers in known.items() if numbers == wanted]
            if not fitting:
                zctest.skip(f"there is no namespace with {wanted}: {sorted(known.values())}")
            # The one not used for the longest time, so that two images of a test are two namespaces.
            device = min(fitting, key=lambda path: used.index(path) if path in used else -1)
            used[:] = [path for path in used if path != device] + [device]
            # By links, since tests remove their images.
            folder = tempfile.mkdtemp(dir=zctest.TMP)
            os.chmod(folder, 0o755)
            for path in (device, device.replace("nvme", "ng")):
                os.symlink(path, os.path.join(folder, os.path.basename(path)))
            self.path = os.path.join(folder, os.path.basename(device))
            self.zone_count, self.zone_size, self.block, self.conventional = zones, zone_size, block, 0
            self.capacity = capacity or zone_size
            zctest.must("mkfs.zonecopyfs", "-f", *mkfs, self.path)

    zctest.Image = NamespaceImage
    zctest.places = lambda: [zctest.TMP]
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1] == "--script":
        run_script(sys.argv[2])
    else:
        sys.exit(supervise(sys.argv[1], sys.argv[2:]))
