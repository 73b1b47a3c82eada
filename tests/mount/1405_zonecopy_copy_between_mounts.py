#!/usr/bin/env python3
"""Between two mounts zonecopy copy reads and writes: it says so, and refuses where a mount has copy=offload."""
from zctest import *

first, second = Image().mount(), Image().mount()
data = pattern(MIB)
write_direct(first.seq(0), data)
told = json.loads(must("zonecopy", "copy", first.seq(0), second.seq(0), "--json").out)
equal([told[f"bytes_{word}"] for word in COPY_PATHS], [0, 0, MIB], "read and written")
check("different mounts" in told["fallback_reason"], f"why: {told}")
same_bytes(content(second.seq(0)), data, "seq/0")
text = succeeds("zonecopy", "copy", first.seq(0), second.seq(1)).out
check("emulated 1048576 bytes" in text and "different mounts" in text, f"as text: {text}")
equal((first.copy_counters(), second.copy_counters()), ({}, {}), "no file system was asked to copy")

only = Image().mount("copy=offload")
write_direct(only.seq(0), data)
for source, target in ((first.seq(0), only.seq(1)), (only.seq(0), first.seq(1))):
    ended = one_line(run("zonecopy", "copy", source, target, "--json"), 1, "different mounts", "copy=offload")
    equal(json.loads(ended.out)["errno"], "EXDEV")
    equal(os.stat(target).st_size, 0, "nothing was copied")

# The same file system at another place is the same mount: it is asked, and counts.
again = os.path.join(TMP, "again")
os.mkdir(again)
must("mount", "--bind", first.path, again)
told = json.loads(must("zonecopy", "copy", first.seq(0), os.path.join(again, "seq/2"), "--json").out)
equal((told["bytes"], sum(numbers[0] for numbers in first.copy_counters().values())), (MIB, MIB), "a bind mount")
must("umount", again)

# A strict mount takes direct writes of whole blocks, and that is what it gets.
strict = Image().mount("strict")
told = json.loads(must("zonecopy", "copy", first.seq(0), strict.seq(0), "--json").out)
equal(([told[f"bytes_{word}"] for word in COPY_PATHS], told["destinations"][0]["ways"]), ([0, 0, MIB], ["read and write"]), "strict")
check("different mounts" in told["fallback_reason"], f"why: {told}")
same_bytes(content(strict.seq(0)), data, "strict, seq/0")
