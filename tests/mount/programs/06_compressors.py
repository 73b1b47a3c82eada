#!/usr/bin/env python3
"""zstd, lz4, gzip, xz, bzip2: archives into zones and out of them, and unpacked into zones."""
from rows import *

need("zstd", "lz4", "gzip", "xz", "bzip2")


@row("`gzip`, `xz`, `bzip2`, `zstd`, `lz4`: `-dc ARCHIVE > ZONE`", "works")
def unpack():
    fs = mounted()
    for number, program in enumerate(("gzip", "xz -1", "bzip2", "zstd -q", "lz4 -q")):
        works(fs, f"{program} -c even > archive; {program} -dc < archive > $seq/{number}")
        holds(fs.seq(number), EVEN)
        works(fs, f"{program} -c holes > archive; {program} -dc < archive > $seq/{number}")
        holds(fs.seq(number), HOLES)
    nothing_was_refused(fs)


@row("`zstd -df ARCHIVE -o ZONE`, `lz4 -df ARCHIVE ZONE`, which leave holes", "works")
def unpack_with_holes():
    fs = mounted()
    for number, (source, data) in enumerate((("even", EVEN), ("holes", HOLES))):
        works(fs, f"zstd -qf {source} -o a.zst; zstd -qdf a.zst -o $seq/{number}")
        holds(fs.seq(number), data)
        works(fs, f"lz4 -qf {source} a.lz4; lz4 -qdf a.lz4 $seq/{number + 5}")
        holds(fs.seq(number + 5), data)
    nothing_was_refused(fs)


@row("`gzip`, `xz`, `bzip2`: `-c FILE > ZONE`",
     "works with `-o tail=pad` (they read over the zeros); else status 1, but 0 of bzip2, so that only the log tells")
def pack():
    fs = mounted("tail=pad")
    for number, program in enumerate(("gzip", "xz -1", "bzip2")):
        works(fs, f"{program} -c even > archive; {program} -c even > $seq/{number}")
        is_padded(fs.seq(number), content(os.path.join(TMP, "archive")))
        works(fs, f"{program} -dc < $seq/{number} | cmp even && {program} -t < $seq/{number}")
    fs = mounted()
    for number, (program, status) in enumerate((("gzip", 1), ("xz -1", 1), ("bzip2", 0))):
        works(fs, f"{program} -c even > archive")
        fails(fs, f"{program} -c even > $seq/{number}", status, "Input/output error" if status else "")
        tail_was_refused(fs, number, content(os.path.join(TMP, "archive")))


@row("`zstd`, `lz4`: `-c FILE > ZONE`, `zstd -f FILE -o ZONE`, `lz4 -f FILE ZONE`",
     "works with `-o tail=pad`; reading it yields all data and then, for the zeros, status 1; not so with `head -c LENGTH ZONE | zstd -dc`")
def pack_frames():
    fs = mounted("tail=pad")
    for number, (program, named) in enumerate((("zstd -q", "zstd -qf even -o $seq/{}"), ("lz4 -q", "lz4 -qf even $seq/{}"))):
        works(fs, f"{program} -c < even > archive; {program} -c < even > $seq/{number}")
        archive = content(os.path.join(TMP, "archive"))
        is_padded(fs.seq(number), archive)
        works(fs, f"head -c {len(archive)} $seq/{number} | {program} -dc | cmp even")
        fails(fs, f"{program} -dc < $seq/{number} > back", 1)
        holds(os.path.join(TMP, "back"), EVEN)
        works(fs, named.format(number + 5))
        works(fs, f"({program} -dc < $seq/{number + 5} || true) | cmp even")


@row("the same without `-o tail=pad`", "cannot, because the archive ends inside a block: status 1 of zstd, but 0 of lz4, so that only the log tells")
def pack_frames_refused():
    fs = mounted()
    fails(fs, "zstd -qc even > $seq/0", 1)
    fails(fs, "zstd -qf even -o $seq/1", 1)
    works(fs, "lz4 -qc even > archive")
    archive = content(os.path.join(TMP, "archive"))
    works(fs, "lz4 -qf even $seq/2")
    tail_was_refused(fs, 2, archive)
    fails(fs, "lz4 -qc even | cat > $seq/3", 1, "Input/output error")
    tail_was_refused(fs, 3, archive)


run_rows()
