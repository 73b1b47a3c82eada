"""Starts `zonecopy serve`, and waits for what it says."""
from zctest import *


class Target:
    """A `zonecopy serve` that runs. Its standard error is the file `log_path`."""
    _count = 0

    def __init__(self, *arguments, listen=("--listen", "127.0.0.1:0"), lines=1, **keywords):
        Target._count += 1
        self.log_path = os.path.join(TMP, f"serve{Target._count}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["zonecopy", "serve", *map(str, arguments), *listen], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True, **keywords)
        self.pid = self.process.pid
        self.ready = [self.process.stdout.readline() for _ in range(lines)]
        if not all(self.ready):
            fail(f"serve {' '.join(map(str, arguments))}: {self.log()}")
            sys.exit(1)
        self.nqn, _, self.address = self.ready[0].split()
        self.port = int(self.address.rsplit(":", 1)[1])

    def log(self):
        return content(self.log_path).decode(errors="replace")

    def wait_for(self, text):
        """Until `text` stands in the log."""
        check(waiting.file_written(self.log_path, lambda: text in self.log()), f"{text!r} is not in the log: {self.log()}")

    def statistics(self):
        """Asks by SIGUSR1, and gives the newest answer."""
        before = self.log().count('{"uptime_ms"')
        os.kill(self.pid, signal.SIGUSR1)
        waiting.file_written(self.log_path, lambda: len(self._told()) > before)
        return self._told()[-1]

    def _told(self):
        return [json.loads(line) for line in self.log().splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]

    def stop(self, number=signal.SIGTERM):
        """Ends it, and gives its exit status."""
        os.kill(self.pid, number)
        return self.ended()

    def ended(self):
        return self.process.wait(timeout=waiting.HANG_LIMIT_SECONDS)
