#!/usr/bin/env python3
"""examples/log_store: puts, deletions and collections, in the three ways, and what it says where it cannot."""
from zctest import *

KEY_COUNT = 24
randomly = random.Random(2250)
WAYS = ("gather", "copy_file_range", "read-write")


def store(fs, *words, zones="0-6", way=WAYS[0], sync=True):
    return run("log_store", f"{fs.path}/seq", "--zones", zones, "--gc", way, *(() if sync else ("--no-sync",)), *words)


def answers(ended, status, text, what=""):
    check(ended.status == status and (ended.out if status == 0 else ended.err).strip() == text, f"{what}: {ended}")


def one_by_one():
    fs = Image(zones=10, zone_size=256 * KIB).mount()
    answers(store(fs, "list"), 0, "")
    answers(store(fs, "put", "a", "1"), 0, "ok")
    answers(store(fs, "put", "b", "2"), 0, "ok")
    answers(store(fs, "put", "a", "3"), 0, "ok")
    answers(store(fs, "get", "a"), 0, "3")
    answers(store(fs, "delete", "b"), 0, "ok")
    answers(store(fs, "delete", "never"), 0, "ok")
    answers(store(fs, "list"), 0, "a")
    one_line(store(fs, "get", "b"), 3, "no such key")
    equal(os.stat(fs.seq(0)).st_size, 4 * 4096, "each record is a block, and what changes nothing is none")
    equal([os.stat(fs.seq(number)).st_size for number in range(1, 7)], [0] * 6)
    fs.unmount()


def refusals():
    image = Image(zones=10, zone_size=256 * KIB)
    fs = image.mount()
    one_line(store(fs, "list", zones="0-2"), 1, "at least 4 zones")
    one_line(store(fs, "list", zones="3"), 2, "FIRST-LAST")
    one_line(store(fs, "list", way="magic"), 2, "--gc magic")
    one_line(store(fs, "list", zones="5-20"), 1, f"{fs.path}/seq/9", "No such file")
    one_line(store(fs, "juggle"), 2, "put KEY VALUE")
    one_line(store(fs, "put", "x" * 1025, "1"), 1, "1 to 1024 bytes")
    one_line(store(fs, "load", "1", 300 * KIB), 1, "larger than a zone")
    write_direct(fs.seq(3), pattern(4096))
    with unchanged(fs.seq(3)):
        one_line(store(fs, "put", "a", "1"), 1, f"{fs.path}/seq/3", "no record", "truncate -s 0")
    os.truncate(fs.seq(3), 0)
    with subprocess.Popen(["log_store", f"{fs.path}/seq", "--zones", "0-6", "serve"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as other:
        equal(ask(other, "put a 1"), "ok")
        one_line(store(fs, "list", zones="3-8"), 1, "another process uses it")
        other.stdin.close()
    fs.unmount()


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().rstrip("\n")


def damage_is_told():
    """A record in the middle that cannot be read is no end: what follows would be lost without a word."""
    image = Image(zones=10, zone_size=256 * KIB)
    fs = image.mount()
    for key in "abc":
        store(fs, "put", key, key * 10)
    fs.unmount()
    where = image.zone_of_seq(0) * image.zone_size + 4096
    with open(image.path, "r+b") as file:
        file.seek(image_data_start(image) + where)
        data = file.read(64)
        check(b"b" * 10 in data, f"the record of b is not where it was looked for: {data}")
        file.seek(image_data_start(image) + where + 40)
        file.write(b"X")
    fs = image.mount()
    one_line(store(fs, "get", "a"), 1, "seq/0", "4096", "damaged")
    fs.unmount()


def cut_off_record():
    """As a crash leaves it: a zone that ends in the middle of a record is read up to there, and not written any more."""
    fs = Image(zones=10, zone_size=256 * KIB).mount()
    answers(store(fs, "put", "a", "x" * 10000), 0, "ok")
    answers(store(fs, "put", "b", "1"), 0, "ok")
    with opened(fs.seq(0), O_RDONLY | O_DIRECT) as fd:
        beginning = bytes(read_direct(fd, 4096, 0))
    with opened(fs.seq(0), O_WRONLY | O_DIRECT) as fd:
        equal(os.pwrite(fd, aligned(beginning), 16 * KIB), 4096)
    for key, value in (("c", "2"), ("d", "3")):  # the second is put by a store that has read the first
        answers(store(fs, "put", key, value), 0, "ok")
    equal([os.stat(fs.seq(number)).st_size for number in (0, 1)], [20 * KIB, 8 * KIB])
    equal([store(fs, "get", key).out.strip() for key in "abcd"], ["x" * 10000, "1", "2", "3"])
    answers(store(fs, "gc"), 0, "ok")
    equal(os.stat(fs.seq(0)).st_size, 0, "it has been emptied")
    equal([store(fs, "get", key).out.strip() for key in "abcd"], ["x" * 10000, "1", "2", "3"])
    fs.unmount()


def zeros_behind_the_log():
    """A zone that somebody has made longer: what is put is found again, so it is not put behind the zeros."""
    fs = Image(zones=10, zone_size=256 * KIB).mount()
    answers(store(fs, "put", "a", "1"), 0, "ok")
    os.truncate(fs.seq(0), 8 * KIB)
    for key, value in (("b", "2"), ("c", "3")):
        answers(store(fs, "put", key, value), 0, "ok")
    equal([os.stat(fs.seq(number)).st_size for number in (0, 1)], [8 * KIB, 8 * KIB])
    equal([store(fs, "get", key).out.strip() for key in "abc"], ["1", "2", "3"])
    while store(fs, "gc").out.strip() == "ok":
        pass
    equal([store(fs, "get", key).out.strip() for key in "abc"], ["1", "2", "3"])
    fs.unmount()


def collection_cut_off():
    """As a crash between copy and reset leaves it: each record twice."""
    fs = Image(zones=10, zone_size=256 * KIB).mount()
    for key in "abc":
        answers(store(fs, "put", key, key * 5000), 0, "ok")
    answers(store(fs, "delete", "b"), 0, "ok")
    equal(copy_all_of(fs.seq(0), fs.seq(4), os.stat(fs.seq(0)).st_size), os.stat(fs.seq(0)).st_size)
    equal(store(fs, "list").out.split(), ["a", "c"])
    # The tombstone stays as long as one of the two old versions does.
    while store(fs, "gc").out.strip() == "ok":
        pass
    equal(store(fs, "list").out.split(), ["a", "c"])
    equal([store(fs, "get", key).out.strip() for key in "ac"], ["a" * 5000, "c" * 5000])
    fs.unmount()


def order_of_a_collection(way):
    """The victim is reset when all that replaces its records is durable: copies, and newer versions in other zones."""
    need_program("strace")
    fs = Image(zones=10, zone_size=256 * KIB).mount()
    for number in range(40):  # two zones; of the first every other record is replaced in the second
        answers(store(fs, "put", f"key{number % 31}", "x" * 9000, sync=False), 0, "ok")
    log = os.path.join(TMP, f"strace.{way}")
    copies = {"gather": "ioctl", "copy_file_range": "copy_file_range", "read-write": "pwrite64"}[way]
    # Leaks cannot be looked for under strace.
    ended = run("strace", "-f", "-y", "-o", log, "-e", f"trace=fdatasync,truncate,{copies}", "log_store", f"{fs.path}/seq",
                "--zones", "0-6", "--gc", way, "gc", env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    answers(ended, 0, "ok", way)
    with open(log, encoding="utf-8") as file:
        calls = [(line.split("(")[0].split()[-1], line) for line in file if "(" in line]
    resets = [at for at, (name, line) in enumerate(calls) if name == "truncate"]
    copied = [at for at, (name, line) in enumerate(calls) if name == copies and "/seq/" in line]
    equal(len(resets), 1, f"{way}: resets")
    check(copied and resets, f"{way}: {calls}")
    synced = [line for name, line in calls[copied[-1]:resets[0]] if name == "fdatasync"]
    check(copied[-1] < resets[0], f"{way}: the copies come before the reset")
    for number in (1, 2):  # the newer versions, which were put without waiting, and the copies
        check(any(f"/seq/{number}>" in line for line in synced), f"{way}: seq/{number} is synced between copies and reset: {synced}")
    fs.unmount()


def image_data_start(image):
    """Where the bytes of the zones begin in the file of the image."""
    with open(image.path, "rb") as file:
        content = file.read(4 * MIB)
    return content.index(b"a" * 10) - 33 - image.zone_of_seq(0) * image.zone_size


def garbage(way):
    """Far more is written than fits; what is not overwritten stays, and a zone is always left."""
    fs = Image(zones=8, zone_size=256 * KIB).mount()
    expected = {}
    with subprocess.Popen(["log_store", f"{fs.path}/seq", "--zones", "0-6", "--gc", way, "serve"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        for _ in range(300):
            key = f"key{randomly.randrange(KEY_COUNT)}"
            if randomly.random() < 0.2:
                equal(ask(process, f"delete {key}"), "ok")
                expected.pop(key, None)
            else:
                expected[key] = randomly.randbytes(randomly.choice((10, 2000, 4000, 9000, 20000))).hex()
                equal(ask(process, f"put {key} {expected[key]}"), "ok")
        for key in sorted(expected):
            same_bytes(ask(process, f"get {key}"), f"= {expected[key]}", f"{way}: {key}")
        equal(ask(process, "list"), " ".join(["=", *sorted(expected)]))
        # Collected until there is no garbage: what is left of the log is what counts.
        while (answer := ask(process, "gc")) == "ok":
            pass
        equal(answer, "= no garbage")
        process.stdin.close()
    answers(store(fs, "list"), 0, "\n".join(sorted(expected)))
    for key in sorted(expected):
        answers(store(fs, "get", key), 0, expected[key])
    fs.unmount()


def full():
    """All zones are full of what counts: puts are refused, and deletions make room again."""
    fs = Image(zones=6, zone_size=256 * KIB).mount()
    count = 0
    with subprocess.Popen(["log_store", f"{fs.path}/seq", "--zones", "0-4", "serve"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        while (answer := ask(process, f"put key{count} {'v' * 10000}")) == "ok":
            count += 1
        check("no zone is free" in answer, answer)
        for number in range(count):
            equal(ask(process, f"get key{number}"), "= " + "v" * 10000)
        for number in range(0, count, 2):
            equal(ask(process, f"delete key{number}"), "ok")
        equal(ask(process, f"put new {'n' * 10000}"), "ok")
        process.stdin.close()
    equal(store(fs, "list", zones="0-4").out.split(), sorted(["new", *(f"key{number}" for number in range(1, count, 2))]))
    fs.unmount()


one_by_one()
refusals()
damage_is_told()
cut_off_record()
zeros_behind_the_log()
collection_cut_off()
for way in WAYS:
    order_of_a_collection(way)
    garbage(way)
full()
