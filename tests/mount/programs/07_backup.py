#!/usr/bin/env python3
"""rclone, restic and borg: backups of a mount, and files into zones."""
from rows import *

need("rclone", "restic", "borg", "git")
os.environ.update(RCLONE_CONFIG="", HOME=TMP, XDG_CACHE_HOME=os.path.join(TMP, "cache"), RESTIC_PASSWORD="secret",
                  BORG_BASE_DIR=os.path.join(TMP, "borg"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")


def change(fs):
    """Changes seq/0 and its size, seq/1 and cnv/1 but not their sizes: of these a backup sees the time only."""
    works(fs, "cp holes $seq/0; head -c 1228800 holes | tr '\\0' x > $seq/1; printf changed | dd of=$cnv/1 conv=notrunc status=none")


@row("`rclone copyto FILE ZONE`, `rclone copy DIR mnt/seq`, `rclone rcat ZONE`",
     "works with rclone 1.60; since 1.63 with `--inplace`, as it writes a new file and renames it otherwise")
def rclone_into():
    fs = mounted()
    works(fs, "mkdir -p from; cp even from/3; cp holes from/4; rclone copyto even $seq/0; rclone copyto holes $seq/1")
    works(fs, "rclone copy from $seq; rclone rcat $seq/5 < even")
    for number, data in ((0, EVEN), (1, HOLES), (3, EVEN), (4, HOLES), (5, EVEN)):
        holds(fs.seq(number), data)
    works(fs, "rclone copyto holes $seq/0")  # onto data
    holds(fs.seq(0), HOLES)
    fails(fs, "rclone copyto odd $seq/6 --retries 1", 1, "input/output error")
    tail_was_refused(fs, 6, ODD)


@row("`rclone copy`, `sync`, `check` of a mount", "works; sees by size and time which files have changed")
def rclone_out():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1; rclone sync $seq/.. out; rclone check $seq/.. out 2> /dev/null")
    change(fs)
    ended = works(fs, "rclone sync $seq/.. out -v; cmp $seq/1 out/seq/1; rclone check $seq/.. out 2> /dev/null")
    equal(sorted(re.findall(r": (\w+/\d+): Copied", ended.err)), ["cnv/1", "seq/0", "seq/1"], "what rclone copied")


@row("`restic backup` of a mount, `restic dump > ZONE`", "works; sees by its times that a file has changed")
def restic():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1; cp even $seq/2; restic init -q -r repo; restic backup -q -r repo $seq $cnv")
    change(fs)
    ended = works(fs, "restic backup -r repo $seq $cnv")
    check("0 new,     3 changed,     9 unmodified" in ended.out, f"what has changed: {ended.out}")
    works(fs, "restic -r repo dump latest $seq/1 > $seq/0; cmp $seq/0 $seq/1")


@row("`borg create` of a mount, `borg extract --stdout > ZONE`", "works; sees by its times that a file has changed")
def borg():
    fs = mounted()
    works(fs, "cp even $seq/0; cp even $seq/1; cp even $seq/2; borg init -e none repo2; borg create repo2::first $seq $cnv")
    change(fs)
    ended = works(fs, "borg create --list --filter=AME repo2::second $seq $cnv")
    equal(sorted(re.findall(r"^M .*/(\w+/\d+)$", ended.err, re.MULTILINE)), ["cnv/1", "seq/0", "seq/1"], "what has changed")
    works(fs, "borg extract repo2::second; cmp .$seq/1 $seq/1; truncate -s 0 $seq/0; borg extract --stdout repo2::second re:seq/2$ > $seq/0")
    holds(fs.seq(0), EVEN)


@row("a repository of restic, borg or git in a mount", "cannot, because it makes files: a status other than 0; nothing is written")
def repositories():
    fs = mounted()
    for command in ("restic init -r $seq/0", "restic init -r $seq", "borg init -e none $seq/0", "borg init -e none $cnv/new", "git init $seq/.."):
        ended = bash(fs, command)
        check(ended.status != 0 and ended.err, f"{command}: {ended}")
    equal(os.stat(fs.seq(0)).st_size, 0)


run_rows()
