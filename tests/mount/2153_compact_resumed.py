#!/usr/bin/env python3
"""A compaction that was killed, and what others did before the second run: what is not as the plan says is left alone, in one line."""
from compacting import *
from zctest import *

need_program("strace")
image = Image(zones=8, capacity=512 * KIB)
fs = image.mount()
seq = fs.seq
WRITTEN = 64  # of 128 blocks, so that others can append
LIVE = {0: [(0, 3), (9, 8)], 1: [(5, 20)]}
BEFORE_MAP, BEFORE_RESET = "renameat:signal=KILL:when=1", "truncate:signal=KILL:when=1"


def killed_at(moment, live=LIVE, name="plain"):
    """Zones, and a compaction that was killed there. seq/3 is filled, since seq/2 is somebody else's."""
    zones = Zones(fs, live, seed=name, written=WRITTEN, others=[2])
    environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    call = moment.split(":")[0]
    ended = run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={moment}", *zones.command(), env=environment)
    equal(ended.status, -signal.SIGKILL, f"killed: {ended}")
    check(os.path.exists(zones.plan_path), "there is a plan")
    equal(os.path.exists(zones.map_path), moment == BEFORE_RESET, "there is a map")
    zones.check_nothing_lost(name)
    return zones


def sizes():
    return [os.stat(seq(number)).st_size for number in range(7)]


def refuses(zones, *words, options=()):
    """The second run does nothing."""
    before = sizes()
    with unchanged(zones.plan_path, zones.map_path):
        one_line(zones.compact(*options), 1, *words)
    equal(sizes(), before, f"{words}: the zones")
    zones.check_nothing_lost(f"{words}")


def checksum_of(blocks):
    """XXH3 of whole blocks, for which there may be no program: as the map of a compaction tells it."""
    other = Image(zones=3, capacity=512 * KIB).mount()
    write_direct(other.seq(0), blocks + bytes(BLOCK))
    live = file_with("checksum", f"seq/0 0 {len(blocks)}\n".encode())
    succeeds("zonecopy", "compact", other.path, "--live", live)
    checksum = json.loads(content(f"{live}.map"))["xxh3"]
    os.unlink(f"{live}.map")
    other.unmount()
    return checksum


def forge(path, change):
    """Changes the first round of a plan, and makes its checksum right."""
    plan = json.loads(content(path))
    del plan["xxh3"]
    change(plan["rounds"][0])
    text = json.dumps(plan, separators=(",", ":")).removesuffix("}").encode()
    text += b" " * (-len(text) % BLOCK)
    file_with(path, text + f',"xxh3":"{checksum_of(text)}"}}\n'.encode())


def finishes(zones, name):
    succeeds(*zones.command())
    zones.check_finished(name)
    zones.forget()


for moment in (BEFORE_MAP, BEFORE_RESET):
    # Another list, other zones chosen, another mount, another file for the map.
    zones = killed_at(moment, name="another list")
    refuses(zones, "another live list", options=("--victim", "seq/4"))
    refuses(zones, "another live list", options=("--destination", "seq/4"))
    lines = content(zones.list_path)
    file_with(zones.list_path, lines + b"seq/2 0 4096\n")
    refuses(zones, "another live list")
    file_with(zones.list_path, lines.replace(b"\n", b"\r\n\n"))  # the same extents, in other words
    other = Image(zones=9, capacity=512 * KIB).mount()
    one_line(run("zonecopy", "compact", other.path, "--live", zones.list_path), 1, "another file system")
    equal(os.stat(other.seq(0)).st_size, 0)
    other.unmount()
    # As many zones, and contents that could be those of the plan: the UUID tells it.
    other = Image(zones=8, capacity=512 * KIB).mount()
    for number in (0, 1):
        write_direct(other.seq(number), content(seq(number)))
    one_line(run("zonecopy", "compact", other.path, "--live", zones.list_path), 1, "another file system")
    equal(os.stat(other.seq(0)).st_size, WRITTEN * BLOCK)
    other.unmount()
    told = json.loads(succeeds(*zones.command("--dry-run", "--json")).out)
    equal((told["resumed"], told["plan"]["rounds_before"]), (True, 1 if moment == BEFORE_RESET else 0))
    finishes(zones, "the same list")

    # Somebody else may have written the plan, or the map that tells how far it came.
    zones = killed_at(moment, name="of others")
    for path in [zones.plan_path] + ([zones.map_path] if moment == BEFORE_RESET else []):
        os.chown(path, 65534, 65534)
        refuses(zones, path, "belongs to another user")
        os.chown(path, 0, 0)
        os.chmod(path, 0o666)
        refuses(zones, path, "others may write to it")
        os.chmod(path, 0o600)
        os.rename(path, f"{path}.elsewhere")
        os.symlink(f"{path}.elsewhere", path)
        refuses(zones, path, "symbolic link")
        os.rename(f"{path}.elsewhere", path)
    finishes(zones, "mine alone")

    # A plan that the list does not lead to: another zone is a victim, a move is lost.
    zones = killed_at(moment, name="forged")
    plan = content(zones.plan_path)
    for change, *words in ((lambda round_: round_["victims"].append({"zone": 2, "size": WRITTEN * BLOCK, "live": 0, "sample": "0" * 16}),
                            "seq/2 is named nowhere, but would be reset"),
                           (lambda round_: round_["destinations"][0]["extents"].pop(), "seq/1 has other live extents")):
        file_with(zones.plan_path, plan)
        forge(zones.plan_path, change)
        if moment == BEFORE_RESET:
            os.rename(zones.map_path, f"{zones.map_path}.aside")  # it would tell of a lost move
        refuses(zones, *words)
        if moment == BEFORE_RESET:
            os.rename(f"{zones.map_path}.aside", zones.map_path)
    file_with(zones.plan_path, plan)
    finishes(zones, "as it was")

    # The plan is damaged; the map is.
    zones = killed_at(moment, name="damaged")
    plan = content(zones.plan_path)
    file_with(zones.plan_path, plan[:-20])
    refuses(zones, "no plan of zonecopy compact, or it is damaged")
    file_with(zones.plan_path, plan.replace(b'"finish":false', b'"finish":true '))
    refuses(zones, "no plan of zonecopy compact, or it is damaged")
    file_with(zones.plan_path, plan)
    if moment == BEFORE_RESET:
        lines = content(zones.map_path)
        file_with(zones.map_path, lines[:-5])
        with unchanged(zones.map_path, zones.plan_path):
            one_line(zones.compact(), 1, "not the map of the plan beside it")
        file_with(zones.map_path, lines)
    finishes(zones, "mended")

    # Somebody appended to a victim: the copies count, and the victim is left with what is new in it.
    zones = killed_at(moment, name="appended")
    write_direct(seq(0), b"n" * BLOCK)
    one_line(zones.compact(), 1, "seq/0: it is not reset: somebody has written to it")
    equal((sizes()[:2], os.path.exists(zones.plan_path)), ([(WRITTEN + 1) * BLOCK, 0], False), "the other one is reset")
    equal(content(seq(0))[-BLOCK:], b"n" * BLOCK, "what was appended")
    zones.check_nothing_lost("appended")
    zones.forget()

    # Somebody emptied a victim, and wrote as much as before.
    zones = killed_at(moment, name="rewritten")
    os.truncate(seq(1), 0)
    write_direct(seq(1), pattern(WRITTEN * BLOCK))
    one_line(zones.compact(), 1, "seq/1: it is not reset: somebody has written to it")
    same_bytes(content(seq(1)), pattern(WRITTEN * BLOCK), "what was written")
    zones.check_nothing_lost("rewritten")
    equal(sizes()[0], 0, "the other one is reset")
    zones.forget()

    # A victim without live extents that is used anew.
    zones = killed_at(BEFORE_RESET, live={**LIVE, 4: []}, name="dead")
    os.truncate(seq(4), 0)
    write_direct(seq(4), pattern(WRITTEN * BLOCK))
    one_line(zones.compact(), 1, "seq/4: it is not reset")
    same_bytes(content(seq(4)), pattern(WRITTEN * BLOCK), "what was written")
    zones.check_nothing_lost("dead")
    zones.forget()

# Somebody appended to the zone that is being filled.
zones = killed_at(BEFORE_MAP, name="destination")
write_direct(seq(3), b"n" * BLOCK)
succeeds(*zones.command())
zones.check_nothing_lost("what was copied is whole")
equal(sizes()[:2], [0, 0])
zones.forget()

# The zone that was filled holds something else by now: it is not touched, until it is emptied.
zones = killed_at(BEFORE_MAP, name="foreign")
os.truncate(seq(3), 0)
write_direct(seq(3), pattern(8 * BLOCK))
refuses(zones, "seq/3", "from 0 on it holds other data", "truncate -s 0")
os.truncate(seq(3), 0)
finishes(zones, "emptied")

# Half of it is there.
zones = killed_at(BEFORE_MAP, name="half")
half = content(seq(3))[:6 * BLOCK]
os.truncate(seq(3), 0)
write_direct(seq(3), half)
finishes(zones, "half")

# The copies that the map tells of are gone: the victims are not reset.
zones = killed_at(BEFORE_RESET, name="copies")
os.truncate(seq(3), 0)
write_direct(seq(3), pattern(WRITTEN * BLOCK))
before = sizes()
one_line(zones.compact(), 1, "seq/3", "no further zone is reset")
equal(sizes(), before)
zones.forget()

# A compaction that is finished is not begun again.
zones = Zones(fs, LIVE, written=WRITTEN, others=[2])
succeeds(*zones.command())
with unchanged(zones.map_path):
    one_line(zones.compact(), 1, "it exists")
zones.forget()
fs.unmount()
