"""The demo town as a process: started in a directory of its own, ready when it says so, stopped in the end."""

import contextlib
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Founding enrols some 400 devices and writes a week of history: seconds here, a minute on a slow machine.
START_SECONDS = 300
COMMAND_SECONDS = 60
# A stop takes some five seconds at most, whatever browsers hold open; the rest is for a slow machine.
STOP_SECONDS = 15


class Town:
    """A context manager; inside, `url`, `operator` and `password` say how to come in."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="bastide-browser-")
        self.log = open(os.path.join(self.directory, "log"), "w+", encoding="utf-8")
        self.program = str(os.environ.get("BASTIDE_BINARY") or ROOT / ".build/release/bastide")
        self.city = os.path.join(self.directory, "town")
        arguments = ["demo", self.city, "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [self.program, *arguments, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
            text=True)

    def __enter__(self):
        try:
            ready = json.loads(self._first_line())
        except BaseException:
            self.__exit__()
            raise
        self.url = f"https://localhost:{ready['https']}"
        self.operator = ready["operator"]
        self.password = ready["password"]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextlib.contextmanager
    def asleep(self):
        """Inside, the program stands still."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def command(self, *arguments):
        """Runs a command of the program on this town, which must succeed; returns its output."""
        done = subprocess.run(
            [self.program, *arguments, "--city", self.city], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=COMMAND_SECONDS, check=False)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def centre(self):
        """A place within the town, as `longitude,latitude`: where one of its devices stands."""
        devices = json.loads(self.command("device", "list", "--json"))
        place = next(device["location"] for device in devices if device.get("location"))
        return f"{place['longitude']},{place['latitude']}"

    def stop(self):
        """Asks the program to end, as an operating system does, and makes it when it does not; returns its status."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def why_it_ended(self):
        """Its status and last words, when it has ended by itself; else None."""
        status = self.process.poll()
        return None if status is None else f"it ended with status {status}: {self.last_words()}"

    def last_words(self):
        """The end of what the program has logged."""
        self.log.seek(0)
        return " / ".join(self.log.read().splitlines()[-5:])

    def _first_line(self):
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            raise RuntimeError(f"the town was not ready after {START_SECONDS} s: {self.last_words()}") from None
        if not line:
            raise RuntimeError(f"the town ended before it was ready: {self.last_words()}")
        return line
