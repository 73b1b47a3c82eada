#!/usr/bin/env python3
"""The library where no zonecopyfs copies: between mounts, on ordinary file systems, and with mounts that refuse."""
from gather_library import *

BLOCK = 4096
data = pattern(3 * MIB)
expected = data[MIB:2 * MIB] + data[5:70005] + data[:1]
ranges = ((MIB, MIB), (5, 70000), (0, 1))


def words_of(name):
    return [source(name, offset, length) for offset, length in ranges]


fs, other = Image().mount("tail=pad"), Image(conventional=2).mount("tail=pad")
write_direct(fs.seq(0), data)

# From mount to mount it is read and written, in direct writes as far as there are whole blocks; the kernel copies into a
# conventional zone.
result = gather_one(*words_of(fs.seq(0)), "--", other.seq(0))
equal((result["error"], result["bytes_emulated"], result["ways"]), (0, len(expected), READ_WRITE))
begins_with(other.seq(0), expected, "another mount")
result = gather_one(*words_of(fs.seq(0)), "--", f"{other.cnv(0)}@5")
equal((result["error"], result["bytes"], result["bytes_offloaded"]), (0, len(expected), 0))
same_bytes(content(other.cnv(0))[5:5 + len(expected)], expected, "a conventional zone of another mount")

# A file that is open, and ends within a block, is gone on with.
with opened(other.seq(1), O_WRONLY) as fd:
    os.write(fd, data[:10])
    result = gather_one(*words_of(fs.seq(0)), *words_of(fs.seq(0)), "--", other.seq(1))
    equal((result["error"], result["offset_bytes"], result["bytes"]), (0, 10, 2 * len(expected)))
    begins_with(other.seq(1), data[:10] + expected + expected, "behind a part of a block")

# A mount that knows no gather request copies range by range; it counts what it does for the open file.
earlier = (sys.executable, os.path.join(HERE, "without_gather.py"))
before = fs.copy_counters()
result = gather_one(*words_of(fs.seq(0)), "--", fs.seq(4), wrapper=earlier)
equal((result["error"], result["ways"], result["bytes"]), (0, COPY_FILE_RANGE, len(expected)))
after = {path: numbers[0] for path, numbers in fs.copy_counters().items()}
for path in COPY_PATHS:
    equal(result[f"bytes_{path}"], after.get(path, 0) - before.get(path, (0, 0))[0], f"the report, and the mount's counters: {path}")
begins_with(fs.seq(4), expected, "range by range")
answer = gather(OFFLOAD, *words_of(fs.seq(0)), "--", fs.seq(5), wrapper=earlier)
check("later version" in answer["text"], answer["text"])

# A strict mount takes direct writes of whole blocks only: the kernel's copy fails, and reading and writing does not.
strict = Image().mount("strict")
result = gather_one(source(fs.seq(0), MIB, MIB), source(fs.seq(0), 3 * BLOCK, 5 * BLOCK), "--", strict.seq(0))
equal((result["error"], result["ways"], result["bytes_emulated"]), (0, READ_WRITE, MIB + 5 * BLOCK))
same_bytes(content(strict.seq(0)), data[MIB:2 * MIB] + data[3 * BLOCK:8 * BLOCK], "a strict mount")
# What is not of whole blocks together is refused before anything is touched; what is may be put together of any bytes.
write_direct(strict.seq(1), data)
for name in (fs.seq(0), strict.seq(1)):
    with unchanged(strict.seq(0), strict.seq(2)):
        text = refused_gather("EINVAL", *words_of(name), "--", strict.seq(2))
        check("whole blocks" in text, text)
        refused_gather("EINVAL", EMULATE, source(name, 0, 2 * BLOCK + 1), "--", strict.seq(0))
    result = gather_one(source(name, 5, 70000), source(name, 0, 18 * BLOCK - 70000), "--", strict.seq(0))
    equal((result["error"], result["ways"], result["bytes_emulated"]), (0, READ_WRITE, 18 * BLOCK))
    same_bytes(content(strict.seq(0))[-18 * BLOCK:], data[5:70005] + data[:18 * BLOCK - 70000], "put together")
strict.unmount()

# To a mount with copy=offload, and from one, nothing goes that is not offloaded, unless it is asked for.
only = Image().mount("copy=offload,tail=pad")
write_direct(only.seq(1), data)
for words in ([*words_of(fs.seq(0)), "--", only.seq(0)], [*words_of(only.seq(1)), "--", fs.seq(1)]):
    text = refused_gather("EIO", *words)
    check("copy=offload" in text, text)
result = gather_one(EMULATE, *words_of(fs.seq(0)), "--", only.seq(0))
equal((result["error"], result["bytes_emulated"]), (0, len(expected)))
only.unmount()

# Ordinary files.
tmpfs = os.path.join(TMP, "tmpfs")
os.mkdir(tmpfs)
must("mount", "-t", "tmpfs", "tmpfs", tmpfs)
for folder in [tmpfs, *places()]:
    victim, fresh = os.path.join(folder, "victim"), os.path.join(folder, "fresh")
    for path, held in ((victim, data), (fresh, b"head")):
        with open(path, "wb") as file:
            file.write(held)
    for name in (victim, fs.seq(0)):
        result = gather_one(*words_of(name), "--", fresh)
        equal((result["error"], result["bytes"], result["bytes_offloaded"], result["commands"]), (0, len(expected), 0, 0))
        check(result["ways"] in (COPY_FILE_RANGE, READ_WRITE), f"no other way is possible: {result}")
    same_bytes(content(fresh), b"head" + expected + expected, f"a file of {folder}")
    result = gather_one(*words_of(victim), "--", fs.seq(3))
    fs = fs.again()
    begins_with(fs.seq(3), expected, "from an ordinary file to a zone file")
    os.truncate(fs.seq(3), 0)

# A file system that is full in the middle: what is counted is there.
small = small_file_system(8 * MIB)
fresh = os.path.join(small, "fresh")
open(fresh, "wb").close()
result = gather_one(*[source(fs.seq(0), 0, 3 * MIB)] * 4, "--", fresh)
equal(errno_name(result["error"]), "ENOSPC")
check(0 < result["bytes"] < 12 * MIB, f"it was in the middle: {result}")
equal(result["failed_range"], result["bytes"] // (3 * MIB))
same_bytes(content(fresh)[:result["bytes"]], (data * 4)[:result["bytes"]], "what is counted")
