"""What the broker does to those who want too much, and that nobody else feels it."""

import json
import pathlib
import select
import socket
import ssl
import time

from plain import CONNACK, CONNECT, DISCONNECT, PUBACK, PUBLISH, SUBACK, SUBSCRIBE, Lost, PATIENCE
from plain import PlainClient, packet, text

BASE = "city/city/pump-1/app"


class Bare(PlainClient):
    """MQTT 5 without a conscience: sends what it is told to, and answers nothing."""

    def __init__(self, city, who, identifier, version=5):
        super().__init__(city.mqtt, city.identity(who), identifier)
        self.version, self.code = version, None

    def open(self, properties=b""):
        """Connects; the reason code of CONNACK."""
        self.unread = b""
        plain = socket.create_connection(("127.0.0.1", self.port), 10)
        self.socket = self.context.wrap_socket(plain, server_hostname="localhost")
        more = bytes([len(properties)]) + properties if self.version == 5 else b""
        self.send(packet(CONNECT, 0, text("MQTT") + bytes([self.version, 2, 0, 60]) + more + text(self.identifier)))
        kind, _, body = self.receive(PATIENCE)
        assert kind == CONNACK, kind
        return body[1]

    def publication(self, topic, payload=b"", qos=1, identifier=1, retain=False):
        flags = qos << 1 | (1 if retain else 0)
        name = identifier.to_bytes(2, "big") if qos else b""
        return packet(PUBLISH, flags, text(topic) + name + (b"\x00" if self.version == 5 else b"") + payload)

    def subscription(self, filters, qos=1):
        body = b"".join(text(one) + bytes([qos]) for one in filters)
        return packet(SUBSCRIBE, 2, b"\x00\x01" + (b"\x00" if self.version == 5 else b"") + body)

    def upcoming(self, kind):
        """The next packet of a kind; others are passed over. None when the server hangs up."""
        while True:
            try:
                received = self.receive(PATIENCE)
            except Lost:
                return None
            assert received, f"no packet of type {kind} in {PATIENCE} s"
            if received[0] == kind:
                return received[2]

    def answers(self, count):
        """So many PUBACKs: their reason codes."""
        codes = []
        while len(codes) < count:
            body = self.upcoming(PUBACK)
            assert body is not None, f"hung up after {len(codes)} of {count} PUBACKs"
            codes.append(body[2] if len(body) > 2 else 0)
        return codes

    def published(self, topics, window=500, **options):
        """Publishes to each topic at QoS 1, some at a time; the reason codes."""
        codes, waiting = [], 0
        batch = []
        for number, topic in enumerate(topics):
            batch.append(self.publication(topic, identifier=number % 65_535 + 1, **options))
            if len(batch) == window:
                self.send(b"".join(batch))
                codes += self.answers(waiting)
                waiting, batch = window, []
        self.send(b"".join(batch))
        return codes + self.answers(waiting + len(batch))


def memory(city):
    """The server's resident memory, in MB."""
    lines = pathlib.Path(f"/proc/{city.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1_000 for line in lines if line.startswith("VmRSS"))


def honest(city, name):
    """Whether a device that does nothing wrong is served."""
    device = PlainClient(city.mqtt, city.identity("pump-1"), name)
    device.connect()
    device.publish(f"{BASE}/honest", b"well", 1)
    while not device.finished:
        assert device.step(PATIENCE), "an honest device gets no PUBACK"
    device.disconnect()
    return True


def quota(city, checks):
    """50 messages a second, 500 at once: 700 take four seconds, and nobody else waits."""
    device, operator = Bare(city, "pump-1", "eager"), Bare(city, "operator", "calm")
    assert (device.open(), operator.open()) == (0, 0)
    began = time.monotonic()
    device.send(b"".join(device.publication(f"{BASE}/much", identifier=number) for number in range(1, 701)))
    first = device.answers(1)
    others = operator.published(["plant/calm"])
    meanwhile = time.monotonic() - began
    codes = first + device.answers(699)
    took = time.monotonic() - began
    checks.hold(
        "beyond its quota a client waits, and loses nothing", codes == [0] * 700 and took >= 4, f"{took:.2f} s {set(codes)}")
    checks.hold("another client does not wait with it", others == [0] and meanwhile < took, f"{meanwhile:.2f} s")
    sessions = json.loads(city.run("mqtt", "sessions", "--city", city.path, "--json"))
    held = {one["clientIdentifier"]: one["heldBack"] for one in sessions}
    checks.hold("it is told how often that happened", held["eager"] > 0 and held["calm"] == 0, f"{held}")
    device.disconnect()
    spent = time.monotonic()
    again = Bare(city, "pump-1", "eager-again")
    again.open()
    codes = again.published([f"{BASE}/more"] * 100)
    took = time.monotonic() - spent
    checks.hold("who connects again has no new quota", codes == [0] * 100 and took >= 1.9, f"{took:.2f} s")
    again.send(b"".join(again.publication(f"{BASE}/much", identifier=number) for number in range(1, 701)))
    city.run("mqtt", "kick", "device/pump-1", "eager-again", "--city", city.path)
    body = again.upcoming(DISCONNECT)
    checks.hold("who is kicked while it waits hears why: 0x98", body is not None and body[0] == 0x98, f"{body}")
    operator.disconnect()


def places(city, checks):
    """One principal does not fill the house."""
    inside = [Bare(city, "pump-1", f"place-{number}") for number in range(3)]
    codes = [one.open() for one in inside]
    beyond = Bare(city, "pump-1", "place-3").open(), Bare(city, "pump-1", "place-4", version=4).open()
    inside[0].disconnect()
    # DISCONNECT ends this session; when, is the server's to say.
    deadline = time.monotonic() + PATIENCE
    while (freed := Bare(city, "pump-1", "place-5").open()) and time.monotonic() < deadline:
        pass
    taken, other = inside[1].open(), Bare(city, "operator", "place-0").open()
    checks.hold(
        "a principal has so many sessions and no more: 0x97, in 3.1.1 3; its own and others' go on",
        (codes, beyond, freed, taken, other) == ([0] * 3, (0x97, 3), 0, 0, 0), f"{(codes, beyond, freed, taken, other)}")


def silent(city, checks):
    """Connections that never come to their point are closed, and keep nobody out meanwhile."""
    context = Bare(city, "pump-1", "loris").context

    def guarded(port):
        return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname="localhost")

    kinds = {
        "TCP and nothing": [socket.create_connection(("127.0.0.1", city.mqtt), 10) for _ in range(100)],
        "half a ClientHello": [socket.create_connection(("127.0.0.1", city.mqtt), 10) for _ in range(20)],
        "TLS and nothing": [guarded(city.mqtt) for _ in range(20)],
        "half a CONNECT": [guarded(city.mqtt) for _ in range(20)],
        "WebSocket, half a request": [guarded(city.web) for _ in range(20)],
    }
    for one in kinds["half a ClientHello"]:
        one.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    for one in kinds["half a CONNECT"]:
        one.sendall(b"\x10\x20\x00\x04MQ")
    for one in kinds["WebSocket, half a request"]:
        one.sendall(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgr")
    served = honest(city, "beside-silent")
    left = {one: name for name, ones in kinds.items() for one in ones}
    deadline = time.monotonic() + 45
    while left and time.monotonic() < deadline:
        for one in select.select(list(left), [], [], 1)[0]:
            try:
                one.settimeout(1)
                if one.recv(4_096):
                    continue
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except OSError:
                pass  # closed the hard way
            del left[one]
    checks.hold(
        "who connects and says nothing, or half of it, is let go; others come in meanwhile",
        served and not left, f"{sorted(set(left.values()))} are still open")


def topics(city, checks):
    """A million topics leave nothing behind; filters are bounded; neither depth nor length harms."""
    device, listener = Bare(city, "pump-1", "many-topics", version=4), Bare(city, "operator", "many-filters")
    assert (device.open(), listener.open()) == (0, 0)
    device.send(device.publication(f"{BASE}/warm", b"up", identifier=1))
    assert device.answers(1) == [0]
    before = memory(city)
    for start in range(0, 1_000_000, 10_000):
        device.send(b"".join(device.publication(f"{BASE}/{number}/x", qos=0) for number in range(start, start + 10_000)))
    device.send(device.publication(f"{BASE}/end", identifier=2))
    answered = device.answers(1)
    grown = memory(city) - before
    checks.hold("a million topics are forgotten again", answered == [0] and grown < 64, f"{grown:.0f} MB more")
    codes = []
    for start in range(0, 1_500, 100):
        listener.send(listener.subscription([f"plant/{number}" for number in range(start, start + 100)]))
        codes += listener.upcoming(SUBACK)[3:]
    checks.hold("the thousand and first subscription is refused: 0x97", codes == [1] * 1_000 + [0x97] * 500, f"{set(codes)}")
    deep = Bare(city, "operator", "deep")
    deep.open()
    filters = ["plant" + "/a" * 30_000, "plant" + "/+" * 30_000, "plant" + "/" * 60_000, "plant/#"]
    granted = []
    for one in filters:
        deep.send(deep.subscription([one]))
        granted += deep.upcoming(SUBACK)[3:]
    deep.send(deep.publication("plant" + "/a" * 30_000, b"deep"))
    heard = deep.upcoming(PUBLISH)
    checks.hold(
        "thirty thousand levels are a topic like another",
        all(code in (1, 0x8F, 0x97) for code in granted) and granted[-1] == 1 and heard and heard.endswith(b"deep"),
        f"{granted}")
    for client in (device, listener, deep):
        client.disconnect()


def inFlight(city, checks):
    """More than Receive Maximum at once is a protocol error: 0x93 (5.0 §3.3.4)."""
    device = Bare(city, "pump-1", "in-flight")
    device.open()
    device.send(b"".join(device.publication(f"{BASE}/open", qos=2, identifier=number) for number in range(1, 1_100)))
    body = device.upcoming(DISCONNECT)
    checks.hold("more than Receive Maximum in flight: DISCONNECT 0x93", body is not None and body[0] == 0x93, f"{body}")
    device.socket.close()


def deaf(city, checks):
    """A subscriber that never reads is let go; one that reads gets everything, as fast as ever."""
    count = 40_000
    never, reader, device = Bare(city, "operator", "never"), Bare(city, "operator", "reader"), Bare(city, "pump-1", "loud")
    for one in (never, reader, device):
        assert one.open() == 0
    for one in (never, reader):
        one.send(one.subscription([f"{BASE}/loud"]))
    assert never.upcoming(SUBACK)[3] == 1 and reader.upcoming(SUBACK)[3] == 1
    before, heard, sent, acked = memory(city), 0, 0, 0
    payload = b"x" * 1_000
    while acked < count:
        more = min(500, count - sent)
        device.send(b"".join(
            device.publication(f"{BASE}/loud", payload, identifier=(sent + number) % 65_535 + 1) for number in range(more)))
        sent += more
        acked += len(device.answers(more))
        while heard < acked:
            body = reader.upcoming(PUBLISH)
            assert body is not None, f"the reader is hung up on after {heard}"
            heard += 1
            start = 2 + int.from_bytes(body[:2], "big")
            reader.send(packet(PUBACK, 0, body[start:start + 2]))
    grown = memory(city) - before
    # What was on its way to it, and then the end.
    while never.upcoming(DISCONNECT) is not None:
        pass
    log = json.loads(city.run("mqtt", "sessions", "--city", city.path, "--json"))
    live = {one["clientIdentifier"] for one in log if one["connected"]}
    checks.hold("who reads gets everything beside one who never reads", heard == count, f"{heard}")
    checks.hold(
        "who never reads is let go, and takes no more than its queue", "never" not in live and grown < 64,
        f"{live} {grown:.0f} MB")
    reader.disconnect()
    device.disconnect()


def retainedFlood(city, checks):
    """Retained messages are bounded: one more hears 0x97, and one that is deleted makes room."""
    bound, more = 100_000, 2_000
    device = Bare(city, "pump-1", "flood")
    device.open()
    codes = device.published((f"{BASE}/kept/{number}" for number in range(bound + more)), payload=b"1", retain=True)
    refused = [number for number, code in enumerate(codes) if code]
    room = device.published([f"{BASE}/kept/0"], payload=b"", retain=True)
    again = device.published([f"{BASE}/kept/new"], payload=b"1", retain=True)
    changed = device.published([f"{BASE}/kept/1"], payload=b"2", retain=True)
    checks.hold(
        "retained messages beyond the bound are refused with 0x97, those that are there may change",
        # `$SYS` has some places, too.
        set(codes[refused[0]:]) == {0x97} and bound - 100 <= refused[0] <= bound and (room, again, changed) == ([0], [0], [0]),
        f"{len(refused)} refused, the first {refused[:1]} {(room, again, changed)}")
    device.disconnect()


def check(city, checks):
    for one, setting, value in (
        (quota, "BASTIDE_MQTT_MESSAGES_PER_SECOND", "50"), (places, "BASTIDE_MQTT_SESSIONS_PER_PRINCIPAL", "3"),
    ):
        city.settings[setting] = value
        city.serve()
        checks.run(one.__name__, lambda: one(city, checks))
        city.stop()
        del city.settings[setting]
    city.serve()
    for one in (silent, topics, inFlight, deaf, retainedFlood):
        checks.run(one.__name__, lambda: one(city, checks))
        checks.run(f"after {one.__name__}", lambda: honest(city, f"after-{one.__name__}"))
    checks.hold("it stops in peace after all that", city.stop())
