"""MQTT 3.1.1 with nothing around it: one thread, one socket, every packet where it can be seen.

Keeps what a client has to keep of its session (3.1.1 §4.1), so that it goes on after the server has died in the middle of
anything: QoS 1 and 2 in both directions, sent again in their order and under their identifiers.
"""

import socket
import ssl
import time

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 5, 6, 7, 8, 9
DISCONNECT = 14
# The longest that anything may take, in seconds.
PATIENCE = 60


def text(value):
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def packet(kind, flags, body):
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([kind << 4 | flags]) + length + body


class Lost(Exception):
    """The connection is over."""


class PlainClient:
    """A client and its session. `heard` has every message once, as the quality of service promises."""

    def __init__(self, port, identity, identifier):
        self.port, self.identifier = port, identifier
        self.context = ssl.create_default_context(cafile=identity["ca_certs"])
        self.context.load_cert_chain(identity["certfile"], identity["keyfile"])
        self.socket = None
        self.next = 1
        # By identifier, in the order of their first sending: [topic, payload, qos, retain, whether PUBREC has come].
        self.outgoing = {}
        # Identifiers of QoS 2 whose PUBREL has not come: what comes under them again is no new message (§4.3.3).
        self.incoming = set()
        # (topic, payload, qos, retain)
        self.heard = []
        self.granted = []
        self.finished = 0

    def connect(self):
        """Connects, tells whether the session was there, and sends again what is unfinished [MQTT-4.4.0-1]."""
        self.unread = b""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                plain = socket.create_connection(("127.0.0.1", self.port), 10)
                self.socket = self.context.wrap_socket(plain, server_hostname="localhost")
                self.send(packet(CONNECT, 0, text("MQTT") + b"\x04\x00" + (60).to_bytes(2, "big") + text(self.identifier)))
                kind, _, body = self.receive(10)
                break
            except (OSError, Lost):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        assert kind == CONNACK and body[1] == 0, f"CONNACK says {body[1]}"
        for identifier, (_, _, _, _, isReleased) in list(self.outgoing.items()):
            if isReleased:
                self.send(packet(PUBREL, 2, identifier.to_bytes(2, "big")))
            else:
                self.sendPublish(identifier, isAgain=True)
        return body[0] & 1 == 1

    def send(self, data):
        try:
            self.socket.settimeout(PATIENCE)
            self.socket.sendall(data)
        except (OSError, ValueError) as error:
            raise Lost from error

    def receive(self, patience):
        """The next packet, as type, flags and body; None when none comes in time."""
        while True:
            size, shift, at = 0, 0, 1
            while at < len(self.unread):
                size |= (self.unread[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if not self.unread[at - 1] & 128:
                    if len(self.unread) < at + size:
                        break
                    head, body = self.unread[0], self.unread[at:at + size]
                    self.unread = self.unread[at + size:]
                    return head >> 4, head & 15, body
            try:
                self.socket.settimeout(patience)
                more = self.socket.recv(65_536)
            except TimeoutError:
                return None
            except (OSError, ValueError) as error:
                raise Lost from error
            if not more:
                raise Lost
            self.unread += more

    # Publishing

    def publish(self, topic, payload, qos, retain=False):
        """Sends a new message; it is unfinished until its handshake ends."""
        while self.next in self.outgoing:
            self.next = self.next % 65_535 + 1
        identifier, self.next = self.next, self.next % 65_535 + 1
        self.outgoing[identifier] = [topic, payload, qos, retain, False]
        self.sendPublish(identifier)
        return identifier

    def sendPublish(self, identifier, isAgain=False):
        topic, payload, qos, retain, _ = self.outgoing[identifier]
        flags = (8 if isAgain else 0) | qos << 1 | (1 if retain else 0)
        self.send(packet(PUBLISH, flags, text(topic) + identifier.to_bytes(2, "big") + payload))

    # Subscribing

    def subscribe(self, topic, qos):
        """Subscribes; the granted quality of service."""
        self.send(packet(SUBSCRIBE, 2, (1).to_bytes(2, "big") + text(topic) + bytes([qos])))
        count = len(self.granted)
        while len(self.granted) == count:
            assert self.step(PATIENCE), "no SUBACK"
        return self.granted[-1]

    # Everything that comes

    def step(self, patience):
        """Takes one packet and answers it; False when none comes in time."""
        received = self.receive(patience)
        if received is None:
            return False
        kind, flags, body = received
        if kind == PUBLISH:
            self.take(flags, body)
        elif kind in (PUBACK, PUBCOMP):
            if self.outgoing.pop(int.from_bytes(body[:2], "big"), None):
                self.finished += 1
        elif kind == PUBREC:
            message = self.outgoing.get(int.from_bytes(body[:2], "big"))
            if message:
                message[4] = True
            self.send(packet(PUBREL, 2, body[:2]))
        elif kind == PUBREL:
            self.incoming.discard(int.from_bytes(body[:2], "big"))
            self.send(packet(PUBCOMP, 0, body[:2]))
        elif kind == SUBACK:
            self.granted.append(body[2])
        return True

    def take(self, flags, body):
        qos, end = flags >> 1 & 3, 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end].decode()
        name = body[end:end + 2]
        payload = body[end + 2:] if qos else body[end:]
        message = (topic, payload, qos, flags & 1 == 1)
        if qos < 2:
            self.heard.append(message)
            if qos == 1:
                self.send(packet(PUBACK, 0, name))
            return
        identifier = int.from_bytes(name, "big")
        if identifier not in self.incoming:
            self.incoming.add(identifier)
            self.heard.append(message)
        self.send(packet(PUBREC, 0, name))

    def disconnect(self):
        """Says goodbye, and closes."""
        try:
            self.send(packet(DISCONNECT, 0, b""))
        except Lost:
            pass  # the server has gone first
        self.socket.close()
