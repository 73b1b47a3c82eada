#!/usr/bin/env python3
"""Redirections and pipes: cat, tee, split, pv, and streams whose pieces end inside blocks."""
from rows import *

need("pv")

def in_pieces(fs, command, *pieces):
    """Gives a command its standard input in pieces, each one only when the file system has got the one before. Returns how
    it ended."""
    target = fs.seq(3)
    before = os.stat(target).st_size if ">>" in command or "-a" in command else 0
    child = subprocess.Popen(["bash", "-c", command], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=dict(os.environ, seq=fs / "seq"))
    given = 0
    for piece in pieces:
        child.stdin.write(piece)
        child.stdin.flush()
        given += len(piece)
        eventually(lambda: os.stat(target).st_size, before + given, f"{command}: the size with a tail")
    _, said = child.communicate()
    return Ended(child.returncode, "", said.decode())


@row("`cat > ZONE`, `cat >> ZONE`, `… | cat > ZONE`", "works, whatever the pieces of the stream are")
def cat():
    fs = mounted()
    works(fs, "cat even > $seq/0; cat even >> $seq/0; cat $seq/0 >> $seq/1")
    holds(fs.seq(0), EVEN * 2)
    holds(fs.seq(1), EVEN * 2)
    works(fs, "(head -c 5000 even; tail -c +5001 even) | cat > $seq/2")
    holds(fs.seq(2), EVEN)
    for command in ("cat > $seq/3", "cat >> $seq/3", "dd bs=1000 status=none > $seq/3"):
        equal(in_pieces(fs, command, EVEN[:5000], EVEN[5000:5001], EVEN[5001:12288], EVEN[12288:]).status, 0, command)
        check(content(fs.seq(3)).endswith(EVEN), command)
    nothing_was_refused(fs)


@row("the same, where the sum is no whole number of blocks", "works with `-o tail=pad`; else status 1, and the whole blocks are there")
def odd_sums():
    for command in ("cat > $seq/3", "tee $seq/3 > /dev/null"):
        fs = mounted()
        ended = in_pieces(fs, command, ODD[:5000], ODD[5000:])
        check(ended.status != 0 and "Input/output error" in ended.err, f"{command}: {ended}")
        tail_was_refused(fs, 3, ODD)
    fs = mounted("tail=pad")
    equal(in_pieces(fs, "cat > $seq/3", ODD[:5000], ODD[5000:]).status, 0)
    is_padded(fs.seq(3), ODD)
    works(fs, "echo one line > $seq/4; printf %s x >> $seq/4")
    is_padded(fs.seq(4), b"one line\n" + bytes(4087) + b"x")


@row("`{ A; B; } > ZONE`",
     "works; but where the piece of A ends inside a block, an A that looks at the result of its close reports EIO, though nothing is lost")
def one_after_the_other():
    fs = mounted()
    works(fs, "{ head -c 5000 even 2> said || echo $? > status; tail -c +5001 even; } > $seq/0; grep 'Input/output error' said; grep 1 status")
    holds(fs.seq(0), EVEN)
    works(fs, "{ head -c 8192 even; tail -c +8193 even; } > $seq/1")
    holds(fs.seq(1), EVEN)
    works(fs, "for i in $(seq 512); do printf '%08d' $i; done > $seq/2")  # printf of the shell closes nothing
    holds(fs.seq(2), b"".join(b"%08d" % i for i in range(1, 513)))
    works(fs, "{ head -c 5000 even; tail -c +5001 even; } | cat > $seq/3")
    holds(fs.seq(3), EVEN)


@row("`tee ZONE…`, `tee -a ZONE`", "works")
def tee():
    fs = mounted()
    works(fs, "tee $seq/0 $seq/1 < even > /dev/null; tee -a $seq/1 < even > /dev/null")
    holds(fs.seq(0), EVEN)
    holds(fs.seq(1), EVEN * 2)
    equal(in_pieces(fs, "tee -a $seq/3 > /dev/null", EVEN[:5000], EVEN[5000:]).status, 0)
    holds(fs.seq(3), EVEN)
    works(fs, "tee $cnv/0 < odd > /dev/null")
    holds(fs.cnv(0), ODD + bytes(4 * MIB - len(ODD)))


@row("`split -d -a 1 -b CAPACITY FILE mnt/seq/`, `split --filter='cat > seq/$FILE'`",
     "works; a last piece of no whole blocks with `-o tail=pad`, else status 1")
def split():
    fs = mounted()
    works(fs, "split -d -a 1 -b 1M even $seq/")
    holds(fs.seq(0), EVEN[:MIB])
    holds(fs.seq(1), EVEN[MIB:])
    works(fs, "split -d -a 1 -b 1M --filter='cat > $seq/$FILE' even ''")
    holds(fs.seq(1), EVEN[MIB:])
    fails(fs, "split -d -a 1 -b 64k odd $seq/", 1, "Input/output error")
    tail_was_refused(fs, 2, ODD[128 * KIB:])


@row("`pv FILE > ZONE`, `… | pv > ZONE`", "works; but it ignores the result of its close, so that only the log tells of a tail that is refused")
def pv():
    fs = mounted()
    works(fs, "pv -q even > $seq/0; cat even | pv -q > $seq/1; pv -q $seq/1 | cmp even")
    holds(fs.seq(0), EVEN)
    holds(fs.seq(1), EVEN)
    works(fs, "pv -q odd > $seq/2")
    tail_was_refused(fs, 2, ODD)


@row("`truncate -s SIZE ZONE`", "works: 0 resets the zone, the capacity finishes it, more than the size fills with zeros")
def truncate():
    fs = mounted()
    works(fs, "cp even $seq/0; truncate -s 2M $seq/0; truncate -s 2M $seq/0")
    holds(fs.seq(0), EVEN + bytes(2 * MIB - len(EVEN)))
    fails(fs, "truncate -s 1M $seq/0", 1, "Operation not permitted")
    fails(fs, "truncate -s 5M $seq/0", 1)
    works(fs, "truncate -s 4M $seq/1; truncate -s 0 $seq/0")
    equal((os.stat(fs.seq(0)).st_size, os.stat(fs.seq(1)).st_size), (0, 4 * MIB))


@row("`fallocate`", "cannot, because a zone has no room to reserve: status 1; nothing changes")
def fallocate():
    fs = mounted()
    works(fs, "cp even $seq/0")
    for options in ("-l 2M", "-z -l 4096", "-p -l 4096", "-n -l 2M"):
        fails(fs, f"fallocate {options} $seq/0", 1, "supported")
    holds(fs.seq(0), EVEN)


run_rows()
