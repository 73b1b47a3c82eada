#!/usr/bin/env python3
"""Rust's ways of copying and writing: a program in Rust, copies.rs, does them."""
from rows import *

need("rustc")

WAYS = ("fs::copy", "io::copy", "buffered", "write", "sync")


def program():
    """Compiles copies.rs; its path."""
    copies = os.path.join(TMP, "copies")
    if not os.path.exists(copies):
        must("rustc", "-o", copies, os.path.join(HERE, "programs/copies.rs"), cwd=TMP)
    return copies


@row("Rust: `fs::copy`, `io::copy` (by copy_file_range), `BufWriter`, `fs::write`, `File::set_len`, `sync_all`", "works, and does not panic")
def copies():
    fs = mounted()
    for number, way in enumerate(WAYS):
        for source in ("even", "$seq/0"):  # from a file, and from the zone that the first way filled
            equal(works(fs, f"{program()} {way} {source} $seq/{number + (source != 'even')}").out.strip(), str(len(EVEN)), way)
            holds(fs.seq(number + (source != "even")), EVEN)
    equal(works(fs, f"{program()} append even $seq/1").out.strip(), str(len(EVEN)))
    holds(fs.seq(1), EVEN * 2)
    works(fs, f"{program()} fs::copy $seq/0 back; cmp back even; {program()} fs::copy odd $cnv/0")
    holds(fs.cnv(0), ODD + bytes(4 * MIB - len(ODD)))
    nothing_was_refused(fs)


@row("Rust: a length that is no whole number of blocks",
     "works with `-o tail=pad`; else `sync_all` returns EIO; Rust ignores the result of its close, so without `sync_all` only log and status tell")
def odd_lengths():
    fs = mounted()
    for number, way in enumerate(WAYS):
        ended = bash(fs, f"{program()} {way} odd $seq/{number}")
        equal((ended.status, "Input/output error" in ended.err), (1, True) if way == "sync" else (0, False), way)
        tail_was_refused(fs, number, ODD)
    eventually(lambda: fs.counter("tails_refused"), len(WAYS), "tails refused")
    for way in ("fs::copy", "io::copy", "write"):  # a full zone, too, is no panic
        fails(fs, f"cat even even even even > large; {program()} {way} large $seq/9", 1, "File too large")
        holds(fs.seq(9), (EVEN * 4)[:4 * MIB])
    fs = mounted("tail=pad")
    works(fs, f"{program()} fs::copy odd $seq/0")
    is_padded(fs.seq(0), ODD)


run_rows()
