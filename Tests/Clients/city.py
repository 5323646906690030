"""A city of the tests' own: founded, served and killed by the program itself, on loopback and free ports."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("BASTIDE_BINARY") or str(ROOT / ".build/release/bastide")


def free_port():
    """A port that nobody listens on, a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class City:
    """A city with the device `pump-1` and an operator's certificate. Served again, it has the same ports."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bastide-clients-")
        self.path = self.folder + "/city"
        self.mqtt, self.web = free_port(), free_port()
        self.process = None
        # Settings by their variables.
        self.settings = {"BASTIDE_LISTEN_MQTT_WEB_SOCKET": f"127.0.0.1:{self.web}"}
        self.run("init", self.path, "--city", "Rivertown", "--domain", "rivertown.example")
        self.run("device", "add", "pump-1", "--city", self.path)
        self.run("operator", "certificate", "operator", "--city", self.path)

    def run(self, *arguments):
        """Runs a command, which must succeed."""
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"bastide {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def serve(self):
        """Serves the city; back when it takes connections."""
        arguments = ["serve", self.path, "--mqtt", f"127.0.0.1:{self.mqtt}", "--https", "127.0.0.1:0", "--json"]
        environment = {**os.environ, **self.settings}
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        line = self.process.stdout.readline()
        if not line.startswith("{"):
            raise RuntimeError(f"the city does not serve: {self.log()}")
        return json.loads(line)

    def log(self):
        """The end of what the server has said."""
        return pathlib.Path(self.folder + "/log").read_text(errors="replace")[-2_000:]

    def kill(self):
        """Ends it as a loss of power would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Asks it to stop; True when it has done so in peace."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20) == 0
        finally:
            self.process.stdout.close()

    def close(self):
        """Leaves nothing behind."""
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def identity(self, who):
        """CA, certificate and key of `pump-1` or `operator`, as paho's tls_set takes them."""
        folder, stem = {
            "pump-1": (self.path + "/devices/pump-1", "device"),
            "operator": (self.path + "/operators/operator", "operator"),
        }[who]
        return {
            "ca_certs": folder + "/ca.crt",
            "certfile": f"{folder}/{stem}.crt",
            "keyfile": f"{folder}/{stem}.key",
        }
