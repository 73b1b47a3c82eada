#!/usr/bin/env python3
"""Gathers as jobs: progress, stops in the middle, background, and a user who may not read."""
from gather_library import *

BLOCK = 4096

fs = Image(zones=10, zone_size=8 * MIB).mount()
data = pattern(6 * MIB)
write_direct(fs.seq(0), data)
words = [source(fs.seq(0), n * 2 * BLOCK, 2 * BLOCK) for n in range(6 * MIB // (2 * BLOCK))]


def is_prefix(number, result):
    """What a gather that was stopped says is what is in the zone, and no more."""
    equal(errno_name(result["error"]), "EINTR")
    adds_up(result)
    equal(os.path.getsize(fs.seq(number)), result["bytes"])
    same_bytes(content(fs.seq(number)), data[:result["bytes"]], "what was stopped")
    equal(result["failed_range"], result["bytes"] // (2 * BLOCK))
    check(0 < result["bytes"] < len(data), f"it was in the middle: {result}")


# Stopped by the progress callback, whatever way the bytes take.
for number, mode in ((1, AUTO), (2, EMULATE)):
    answer = gather(mode, "--rate=20000000", f"--stop={2 * MIB}", *words, "--", fs.seq(number))
    is_prefix(number, answer["results"][0])
    equal(answer["progress_last_bytes"], answer["results"][0]["bytes"])
    # What is left is gathered behind it.
    done = answer["results"][0]["bytes"] // (2 * BLOCK)
    rest = gather_one(mode, *words[done:], "--", fs.seq(number))
    equal((rest["error"], rest["offset_bytes"]), (0, done * 2 * BLOCK))
    same_bytes(content(fs.seq(number)), data, "stopped and gone on with")

# Stopped by a signal.
command = [program("gather_driver"), "--announce", "--rate=1000000", *words, "--", fs.seq(3)]
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as driver:
    equal(driver.stderr.readline(), b"copying\n")
    driver.send_signal(signal.SIGINT)
    is_prefix(3, json.loads(driver.communicate()[0])["results"][0])

# At a rate the work is cut into tenths of a second, of whole blocks.
answer = gather("--rate=10000000", *words, "--", fs.seq(4))
result = answer["results"][0]
equal((result["error"], result["bytes"], answer["progress_last_bytes"]), (0, len(data), len(data)))
check(answer["progress_calls"] >= 6, f"a step each 1 000 000 bytes: {answer['progress_calls']}")

# In the background it comes to the same.
result = gather_one("--background", "--sync", *words, "--", fs.seq(5))
equal((result["error"], result["ways"]), (0, GATHER_CALL))
same_bytes(content(fs.seq(5)), data, "in the background")

# Who may not read a source cannot open it.
fs.unmount()

open_to_all = Image(zones=10, zone_size=8 * MIB).mount("allow_other,default_permissions")
write_direct(open_to_all.seq(0), data)
os.chmod(open_to_all.seq(0), 0o600)
os.chmod(open_to_all.seq(6), 0o666)


def by_nobody():
    command = [program("gather_driver"), source(open_to_all.seq(0), 0, BLOCK), "--", open_to_all.seq(6)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    equal(ended.returncode, 2)
    check(b"Permission denied" in ended.stdout, ended.stdout)


os.chmod(TMP, 0o755)
as_nobody(by_nobody)
equal(os.path.getsize(open_to_all.seq(6)), 0)

# A gather that ends within a block: the end is there until the file is closed, and who makes it durable is told.
ended = run(program("gather_driver"), "--sync", source(open_to_all.seq(0), 0, BLOCK + 5), "--", open_to_all.seq(7))
equal(ended.status, 2)
check("ends within a block" in ended.out and "tail=pad" in ended.out, ended.out)
equal(json.loads(ended.out.splitlines()[0])["results"][0]["bytes"], BLOCK + 5)
eventually(lambda: os.path.getsize(open_to_all.seq(7)), BLOCK)
