#!/usr/bin/env python3
"""Go's ways of copying and writing: a program in Go, copies.go, does them."""
from rows import *

need("go")


def program():
    """Compiles copies.go; its path."""
    copies = os.path.join(TMP, "copies")
    if not os.path.exists(copies):
        must("go", "build", "-o", copies, os.path.join(HERE, "programs/copies.go"), cwd=TMP,
             env=dict(os.environ, HOME=TMP, GOCACHE=os.path.join(TMP, "cache"), GO111MODULE="off", GOFLAGS="", CGO_ENABLED="0"))
    return copies


@row("Go: `io.Copy` of files (by copy_file_range), `io.CopyBuffer`, `bufio`, `os.WriteFile`, `File.Truncate`, `Sync`", "works")
def copies():
    fs = mounted()
    for number, way in enumerate(("copy", "buffer", "bufio", "file", "sync")):
        for source in ("even", "$seq/0"):  # from a file, and from the zone that the first way filled
            equal(works(fs, f"{program()} {way} {source} $seq/{number + (source != 'even')}").out.strip(), str(len(EVEN)), way)
            holds(fs.seq(number + (source != "even")), EVEN)
    equal(works(fs, f"{program()} append even $seq/1").out.strip(), str(len(EVEN)))
    holds(fs.seq(1), EVEN * 2)
    works(fs, f"{program()} copy $seq/0 back; cmp back even; {program()} copy odd $cnv/0")
    holds(fs.cnv(0), ODD + bytes(4 * MIB - len(ODD)))
    nothing_was_refused(fs)


@row("Go: a length that is no whole number of blocks", "works with `-o tail=pad`; else `Close` (or `Sync`) returns EIO")
def odd_lengths():
    fs = mounted()
    for number, way in enumerate(("copy", "buffer", "bufio", "file", "sync")):
        fails(fs, f"{program()} {way} odd $seq/{number}", 1, "input/output error")
        tail_was_refused(fs, number, ODD)
    fails(fs, f"cat even even even even > large; {program()} copy large $seq/9", 1, "file too large")
    holds(fs.seq(9), (EVEN * 4)[:4 * MIB])
    fs = mounted("tail=pad")
    works(fs, f"{program()} copy odd $seq/0")
    is_padded(fs.seq(0), ODD)


run_rows()
