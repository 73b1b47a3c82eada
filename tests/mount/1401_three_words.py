#!/usr/bin/env python3
"""Offloaded is what was shared. What the kernel below moved is called so, and copy=offload does not take it."""
from zctest import *

REASON = "cannot share extents"
for directory in places():
    shares = shares_extents(directory)
    image = Image(directory=directory, conventional=2)
    data = pattern(MIB)
    fs = image.mount(foreground=True)
    write_direct(fs.seq(0), data)
    equal(copy_paths(fs.seq(0), fs.seq(1), MIB), MIB)
    equal(fs.copy_counters(), {"offloaded" if shares else "kernel": (MIB, 1)}, f"{directory}: copy=auto")
    said = "copies are offloaded by sharing extents (FICLONERANGE)" if shares else "copies are made by the kernel (copy_file_range)"
    fs.wait_for_log(said)
    check((REASON in fs.log()) != shares, f"the log tells why exactly where it has to: {fs.log()}")
    report = succeeds("zonecopy", "report", image.path).out.splitlines()[1]
    check(("offloaded by" in report, "by the kernel" in report) == (shares, not shares), f"the report: {report}")
    fs.unmount()

    fs = image.mount("copy=offload", foreground=True)
    for target, size in ((fs.seq(2), 0), (fs.cnv(0), 4 * MIB)):
        if shares:
            equal(copy_paths(fs.seq(0), target, MIB), MIB, "copy=offload, shared")
        else:
            refused("EIO", copy_paths, fs.seq(0), target, MIB)
            check(REASON in fs.counter("last_fallback"), f"the reason: {fs.counter('last_fallback')}")
            fs.wait_for_log("refused, as copy=offload demands: ", "said when it is mounted")
            equal(os.stat(target).st_size, size, "nothing was copied")
    equal(fs.copy_counters(), {"offloaded": (2 * MIB, 2)} if shares else {}, f"{directory}: copy=offload")
    equal(fs.counter("read_only"), 0, "a copy that is refused is no error of the media")
    equal(write_direct(fs.seq(2), pattern(4096), os.stat(fs.seq(2)).st_size), 4096, "and the zone can be written")
    fs.unmount()
    os.unlink(image.path)

    # Blocks smaller than those of the file system below: what does not lie right cannot be shared.
    image = Image(directory=directory, block=512, zones=6)
    fs = image.mount()
    write_direct(fs.seq(0), data)
    equal(copy_paths(fs.seq(0), fs.seq(1), 512, 512), 512)
    equal(fs.copy_counters(), {"kernel": (512, 1)}, f"{directory}: a block of 512 bytes")
    check(fs.counter("last_fallback"), "and why")
    # A call of which some is shared and some moved is none that was offloaded.
    equal(copy_paths(fs.seq(0), fs.seq(2), 64 * KIB), 64 * KIB)
    equal(fs.copy_counters()["kernel"][1], 1 if shares else 2, "copies by the kernel")
    same_bytes(content(fs.seq(1)), data[512:1024], "seq/1")
    fs = fs.again("copy=offload")
    refused("EIO", copy_paths, fs.seq(0), fs.seq(1), 512, 1024, 512)
    equal((os.stat(fs.seq(1)).st_size, fs.copy_counters()), (512, {}), "nothing was moved")
    fs.unmount()
    os.unlink(image.path)
