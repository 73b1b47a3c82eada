"""The order of system calls in which programs copy a file, and what they do on which errno: also of versions that Debian 12 does
not have. Each loop takes a path to copy from and one to copy to. It returns when its program would end with status 0, and
raises Failed where that would report an error, Panicked where it would be killed by an assertion of its own.

Written down from the sources of these programs as of August 2026: GNU cp 9.1 and later, Go's os package, Rust's std, Python's
shutil.
"""
import errno
import fcntl
import os

FICLONE = 0x40049409
GIB = 1 << 30
# What programs take for "this does not work here at all, try another way".
UNSUPPORTED = {errno.EINVAL, errno.EOPNOTSUPP, errno.EXDEV, errno.EPERM, errno.ENOSYS}


class Failed(Exception):
    def __init__(self, error):
        super().__init__(errno.errorcode.get(error.errno, str(error.errno)))
        self.errno = error.errno


class Panicked(Exception):
    pass


class Copy:
    """Two open files. Counts what each call took, and notes an errno that means "unsupported" of one that had worked before."""
    def __init__(self, source, destination, astray, empties=True):
        self.source = os.open(source, os.O_RDONLY)
        try:
            self.out = os.open(destination, os.O_WRONLY | (os.O_TRUNC if empties else 0))
        except OSError as error:
            os.close(self.source)
            raise Failed(error) from error
        self.length, self.taken, self.astray = os.fstat(self.source).st_size, {}, astray

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Closes, and reports what close says, as all of them do but Rust."""
        os.close(self.source)
        out, self.out = self.out, -1
        if out >= 0:
            try:
                os.close(out)
            except OSError as error:
                if kind is None:
                    raise Failed(error) from error

    def close_without_a_look(self):
        out, self.out = self.out, -1
        try:
            os.close(out)
        except OSError:
            pass

    def _taking(self, call, *arguments, **keywords):
        try:
            count = call(*arguments, **keywords)
        except OSError as error:
            if self.taken.get(call) and error.errno in UNSUPPORTED:
                self.astray.append(f"{call.__name__}: {errno.errorcode[error.errno]} after {self.taken[call]} bytes")
            raise
        self.taken[call] = self.taken.get(call, 0) + count
        return count

    def clone(self):
        fcntl.ioctl(self.out, FICLONE, self.source)

    def copy_range(self, count):
        return self._taking(os.copy_file_range, self.source, self.out, count)

    def sendfile(self, offset, count):
        return self._taking(os.sendfile, self.out, self.source, offset, count)

    def by_reading(self, buffer_bytes, limit=None):
        """Reads and writes from where both files stand."""
        left = self.length if limit is None else limit
        while left and (data := os.read(self.source, min(buffer_bytes, left))):
            left -= len(data) if limit is not None else 0
            while data:
                try:
                    data = data[self._taking(os.write, self.out, data):]
                except OSError as error:
                    raise Failed(error) from error


def cp_9_1(source, destination, astray):
    with Copy(source, destination, astray) as copy:
        try:
            return copy.clone()
        except OSError:
            pass  # --reflink=auto goes on whatever it was
        elsewhere = {errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.EXDEV, errno.ETXTBSY}
        _copy_ranges(copy, elsewhere, {errno.EPERM})
        copy.by_reading(128 << 10)


# Of cp since 9.2: errno for which it looks for another way while nothing is copied.
_AT_FIRST = {errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.EXDEV, errno.ETXTBSY, errno.EPERM, errno.ENOTTY,
             errno.EACCES, errno.ENOENT}


def cp_9_4(source, destination, astray):
    with Copy(source, destination, astray) as copy:
        _try_clone(copy)
        _copy_ranges(copy, set(), _AT_FIRST)
        copy.by_reading(128 << 10)


def cp_2026(source, destination, astray):
    """The source of August 2026."""
    with Copy(source, destination, astray) as copy:
        _try_clone(copy)
        _copy_ranges(copy, {errno.EFBIG}, _AT_FIRST)
        copy.by_reading(128 << 10)


def cp_2026_with_holes(source, destination, astray):
    """As above, for a source that has holes: extent by extent, and the size set at the end."""
    with Copy(source, destination, astray) as copy:
        _try_clone(copy)
        position = 0
        while position < copy.length:
            try:
                position = os.lseek(copy.source, position, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise Failed(error) from error
                break
            end = os.lseek(copy.source, position, os.SEEK_HOLE)
            os.lseek(copy.source, position, os.SEEK_SET)
            os.lseek(copy.out, position, os.SEEK_SET)
            done = _copy_ranges(copy, {errno.EFBIG}, _AT_FIRST, limit=end - position)
            copy.by_reading(128 << 10, limit=end - position - done)
            position = end
        try:
            os.ftruncate(copy.out, copy.length)
        except OSError as error:
            raise Failed(error) from error


def _try_clone(copy):
    try:
        copy.clone()
    except OSError as error:
        if error.errno in (errno.EIO, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT):
            raise Failed(error) from error


def _copy_ranges(copy, elsewhere_anywhere, elsewhere_at_first, limit=None):
    """Copies until nothing more is copied, or something says to read and write instead; returns the bytes."""
    done = 0
    while limit is None or done < limit:
        try:
            count = copy.copy_range((1 << 63) - GIB if limit is None else limit - done)
        except OSError as error:
            if error.errno in elsewhere_anywhere or error.errno in elsewhere_at_first and not done:
                break
            raise Failed(error) from error
        if count == 0:
            break
        done += count
    return done


def go(source, destination, astray):
    """Whatever it has copied so far, Go reads and writes on from there."""
    with Copy(source, destination, astray) as copy:
        while True:
            try:
                if copy.copy_range(0x7ffff000) == 0:
                    break
            except OSError as error:
                if error.errno in UNSUPPORTED | {errno.EIO}:
                    break
                raise Failed(error) from error
        copy.by_reading(32 << 10)


def rust(source, destination, astray):
    with Copy(source, destination, astray) as copy:
        try:
            _rust_ways(copy)
        finally:
            copy.close_without_a_look()


def _rust_ways(copy):
    # copy_file_range, then sendfile, then reading and writing, each from where the one before stopped.
    for step in (lambda: copy.copy_range(GIB), lambda: copy.sendfile(None, 0x7ffff000)):
        taken = 0
        while True:
            try:
                count = step()
            except OSError as error:
                if error.errno in UNSUPPORTED and taken:
                    raise Panicked(f"{errno.errorcode[error.errno]} after {taken} bytes") from error
                if error.errno in UNSUPPORTED | {errno.EOVERFLOW}:
                    break
                raise Failed(error) from error
            if count == 0:
                if taken:
                    return
                break
            taken += count
    copy.by_reading(8 << 10)


def python_3_13(source, destination, astray):
    with Copy(source, destination, astray) as copy:
        if not _by_offset(copy, copy.sendfile):
            copy.by_reading(64 << 10)


def python_3_14(source, destination, astray):
    with Copy(source, destination, astray) as copy:
        def ranges(offset, count):
            return copy._taking(os.copy_file_range, copy.source, copy.out, count, offset)
        if not _by_offset(copy, ranges) and not _by_offset(copy, copy.sendfile):
            copy.by_reading(64 << 10)


def _by_offset(copy, step):
    """Python looks for another way only while nothing is copied; whether this one has copied it all."""
    offset = 0
    while True:
        try:
            count = step(offset, max(copy.length, 8 << 20))
        except OSError as error:
            if error.errno == errno.ENOSPC or offset:
                raise Failed(error) from error
            return False
        if count == 0:
            return offset > 0
        offset += count


ALL = (cp_9_1, cp_9_4, cp_2026, cp_2026_with_holes, go, rust, python_3_13, python_3_14)
