"""Somebody who writes to zones while something happens to them, and what has to be there afterwards. Import it after vmtest."""
from vmtest import *


class ZoneWriter:
    """Fills places one after the other, from their beginnings; after an error it goes on with the next. A place is {key: (path, offset)}."""
    STEP = 64 * KIB

    def __init__(self, places, capacity):
        self.places, self.capacity = places, capacity
        self.acknowledged, self.errors, self.enough = {}, [], False
        self.data = pattern(capacity, 7)
        self.thread = in_background(self._write)

    def _write(self):
        for key, (path, offset) in self.places.items():
            if self.enough:
                return
            self.acknowledged[key] = 0
            try:
                with opened(path, O_WRONLY | O_DIRECT) as fd:
                    while self.acknowledged[key] < self.capacity and not self.enough:
                        done = self.acknowledged[key]
                        part = aligned(self.data[done:done + self.STEP])
                        self.acknowledged[key] += os.pwrite(fd, part, offset + done)
            except OSError as error:
                self.errors.append(error)

    def wait_for_progress(self):
        """Until some more has been written."""
        before = sum(self.acknowledged.values())
        waiting.again_and_again(lambda: sum(self.acknowledged.values()) > before + 4 * self.STEP or not self.thread.is_alive())
        check(self.thread.is_alive(), "the writer has ended before its time")

    def end(self):
        self.enough = True
        self.thread.result()

    def check(self, written, what):
        """`written` says how much a place has. All that was acknowledged has to be there, and of a write that failed perhaps a part."""
        for key, acknowledged in self.acknowledged.items():
            there = written(key)
            check(acknowledged <= there <= acknowledged + self.STEP, f"{what}: {key}: {acknowledged} bytes acknowledged, {there} there")
            path, offset = self.places[key]
            with opened(path, O_RDONLY | O_DIRECT) as fd:
                same_bytes(read_direct(fd, there, offset) if there else b"", self.data[:there], f"{what}: {key}")
