#!/usr/bin/env python3
"""Python's ways of copying and writing."""
from rows import *

import io


@row("Python: `shutil.copyfile`, `copy`, `copy2`, `copyfileobj`, `pathlib.write_bytes`", "works")
def copies():
    fs = mounted()
    source = os.path.join(TMP, "even")
    for number, function in enumerate((shutil.copyfile, shutil.copy, shutil.copy2)):
        function(source, fs.seq(number))
        holds(fs.seq(number), EVEN)
        function(fs.seq(number), fs.seq(number + 3))
        holds(fs.seq(number + 3), EVEN)
    equal(os.stat(fs.seq(5)).st_mtime_ns, os.stat(source).st_mtime_ns, "times by copy2")
    with open(source, "rb") as file, open(fs.seq(6), "wb") as target:
        shutil.copyfileobj(file, target, 5000)
    holds(fs.seq(6), EVEN)
    refused("EIO", shutil.copyfile, os.path.join(TMP, "odd"), fs.seq(7))
    tail_was_refused(fs, 7, ODD)
    shutil.copyfile(os.path.join(TMP, "odd"), fs.cnv(0))
    holds(fs.cnv(0), ODD + bytes(4 * MIB - len(ODD)))


@row("Python: `os.sendfile`, `os.copy_file_range`, `os.splice` of any length", "works")
def calls():
    fs = mounted()
    shutil.copyfile(os.path.join(TMP, "even"), fs.seq(0))
    for number, function in enumerate((os.sendfile, lambda out, source, offset, count: os.copy_file_range(source, out, count, offset)), 1):
        with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(number), O_WRONLY) as out:
            done = 0
            while done < len(EVEN):
                done += function(out, source, done, min(5000, len(EVEN) - done))
                equal(os.fstat(out).st_size, done)
        holds(fs.seq(number), EVEN)
    with opened(fs.seq(0), O_RDONLY) as source, opened(fs.seq(3), O_WRONLY) as out:
        reading, writing = os.pipe()
        done = 0
        while done < len(EVEN):
            left = os.splice(source, writing, min(5000, len(EVEN) - done), offset_src=done)
            done += left
            while left:
                left -= os.splice(reading, out, left)
    holds(fs.seq(3), EVEN)
    nothing_was_refused(fs)


@row("Python: `open(ZONE, 'wb')`, `'ab'`, `'r+b'` with `truncate()`, text files", "works; `close()` raises EIO for a tail")
def files():
    fs = mounted()
    with open(fs.seq(0), "wb") as file:
        for start in range(0, len(EVEN), 777):
            file.write(EVEN[start:start + 777])
        file.truncate()
    holds(fs.seq(0), EVEN)
    with open(fs.seq(0), "ab") as file:
        file.write(EVEN[:100])
        file.flush()
        file.write(EVEN[100:8192])
    holds(fs.seq(0), EVEN + EVEN[:8192])
    with open(fs.seq(0), "r+b") as file:
        equal(file.read(100), EVEN[:100])
        file.seek(0, io.SEEK_END)
        file.write(EVEN[:4096])
        file.truncate()
    holds(fs.seq(0), EVEN + EVEN[:8192] + EVEN[:4096])
    nothing_was_refused(fs)
    file = open(fs.seq(1), "w", encoding="utf-8")
    file.write("a line\n" * 1000)
    refused("EIO", file.close)
    tail_was_refused(fs, 1, b"a line\n" * 1000)


@row("Python: `mmap` for reading, `zipfile` and `tarfile` reading a ZONE", "works")
def readers():
    import tarfile
    import zipfile
    fs = mounted("tail=pad")
    with open(os.path.join(TMP, "a.zip"), "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("name", EVEN)
    shutil.copyfile(os.path.join(TMP, "a.zip"), fs.seq(0))
    with tarfile.open(fs.seq(1), "w") as archive:
        archive.add(os.path.join(TMP, "even"), "name")
    eventually(lambda: os.stat(fs.seq(1)).st_size % BLOCK_BYTES, 0)
    with zipfile.ZipFile(fs.seq(0)) as archive, tarfile.open(fs.seq(1)) as other:
        equal(archive.read("name"), EVEN)
        equal(other.extractfile("name").read(), EVEN)
    with open(fs.seq(1), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        check(memory.find(EVEN) >= 0, "what is mapped")


@row("Python: `zipfile.ZipFile(ZONE, 'w')`, and other programs that go back to write a length",
     "cannot, because what is behind the write pointer cannot be written again: EINVAL; into a pipe to `cat > ZONE` they do not go back")
def going_back():
    import zipfile
    fs = mounted("tail=pad")
    def write_zip():
        with open(fs.seq(0), "wb", buffering=0) as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr("name", EVEN)
    refused("EINVAL", write_zip)
    with open(fs.seq(1), "wb") as target:
        cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=target)
        with cat.stdin, zipfile.ZipFile(cat.stdin, "w") as archive:
            archive.writestr("name", EVEN)
        equal(cat.wait(waiting.HANG_LIMIT_SECONDS), 0)
    with zipfile.ZipFile(fs.seq(1)) as archive:
        equal(archive.read("name"), EVEN)


run_rows()
