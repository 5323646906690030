#!/usr/bin/env python3
"""The broker as Eclipse Paho's Python client sees it: over TLS and WebSocket, and while the server is killed.

    clients.py

Starts the program itself: BASTIDE_BINARY, or what `swift build -c release` has made. Prints `ok NAME` or
`not ok NAME: why` for each check and exits with 1 when one has failed. Needs paho-mqtt: in Debian python3-paho-mqtt.
"""

import sys
import traceback

sys.dont_write_bytecode = True

import doors
import durable
import hostile
from city import City


class Checks:
    """Counts, and says, what holds and what does not."""

    failed = 0

    def hold(self, name, holds, why=""):
        if holds:
            print(f"ok {name}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {name}: {why}", flush=True)

    def run(self, name, body):
        """Runs checks that may end early; then that is what does not hold."""
        try:
            body()
        except Exception as error:  # whatever it is, it is told, and the others go on
            self.hold(name, False, f"{error!r}\n{traceback.format_exc()}")


def main():
    checks = Checks()
    for name, body in (("doors", doors.check), ("hostile", hostile.check), ("durable", durable.check)):
        city = City()
        try:
            checks.run(name, lambda: body(city, checks))
        finally:
            if checks.failed:
                print(f"    {city.log()}")
            city.close()
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
