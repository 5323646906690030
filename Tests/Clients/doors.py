"""What MQTT promises, in both editions, over TLS and over WebSocket, as another's client sees it."""

from client import Client, properties

from paho.mqtt.subscribeoptions import SubscribeOptions

BASE = "city/city/pump-1/app"
# As paho numbers the protocol, and as people do.
NAMES = {4: "3.1.1", 5: "5"}


def pair(city, version, websockets, name):
    """The device, and an operator who hears its application's topics."""
    device = Client(city, "pump-1", f"{name}-device", version, websockets)
    listener = Client(city, "operator", f"{name}-listener", version, websockets)
    assert device.connect()[1] == 0 and listener.connect()[1] == 0
    return device, listener


def qualities(city, checks, version, websockets):
    where = f"MQTT {NAMES[version]} over {'WebSocket' if websockets else 'TLS'}"
    topic = f"{BASE}/{version}{'w' if websockets else 't'}"
    device, listener = pair(city, version, websockets, f"q{version}{int(websockets)}")
    granted = listener.subscribe(f"{topic}/#", qos=2)
    for qos in (0, 1, 2):
        device.publish(f"{topic}/{qos}", f"quality {qos}", qos=qos)
    heard = listener.hears(3)
    device.publish(f"{topic}/large", b"x" * 100_000, qos=1)
    large = listener.hears(4)[3]
    device.disconnect()
    listener.disconnect()
    checks.hold(
        f"{where}: each quality of service arrives as it was sent",
        granted == 2 and sorted((m.qos, m.payload) for m in heard)
        == [(qos, f"quality {qos}".encode()) for qos in (0, 1, 2)],
        f"{granted} {[(m.qos, m.payload) for m in heard]}")
    checks.hold(f"{where}: 100 kB arrive whole", large.payload == b"x" * 100_000, f"{len(large.payload)} bytes")


def retained(city, checks, version):
    topic = f"{BASE}/retained{version}"
    device, listener = pair(city, version, False, f"r{version}")
    device.publish(topic, "first", retain=True)
    device.publish(topic, "second", retain=True)
    listener.subscribe(topic, qos=1)
    first = listener.hears(1)[0]
    device.publish(topic, "live", retain=True)
    live = listener.hears(2)[1]
    device.publish(topic, b"", retain=True)
    later = Client(city, "operator", f"r{version}-later", version)
    later.connect()
    later.subscribe(topic, qos=1)
    later.subscribe(f"{BASE}/end{version}", qos=1)
    device.publish(f"{BASE}/end{version}", "end")
    after = later.hears(1)[0]
    for client in (device, listener, later):
        client.disconnect()
    checks.hold(
        f"MQTT {NAMES[version]}: the last retained message comes first, marked, and an empty one takes it away",
        (first.payload, first.retain, live.payload, live.retain, after.payload)
        == (b"second", True, b"live", False, b"end"),
        f"{(first.payload, first.retain, live.payload, live.retain, after.payload)}")


def will(city, checks):
    topic = f"{BASE}/will"
    listener = Client(city, "operator", "w-listener")
    listener.connect()
    listener.subscribe(f"{topic}/#", qos=1)
    polite = Client(city, "pump-1", "w-polite")
    polite.connect(will={"topic": f"{topic}/polite", "payload": "gone", "qos": 1})
    polite.disconnect()
    lost = Client(city, "pump-1", "w-lost")
    lost.connect(will={"topic": f"{topic}/lost", "payload": "gone", "qos": 1})
    lost.vanish()
    heard = listener.hears(1)[0]
    listener.disconnect()
    checks.hold(
        "a will is for those who vanish, not for those who say goodbye", heard.topic == f"{topic}/lost", heard.topic)


def resumption(city, checks):
    topic = f"{BASE}/resumed"
    listener = Client(city, "operator", "s-listener", clean=False, expiry=3_600)
    began, _ = listener.connect()
    listener.subscribe(topic, qos=2)
    listener.disconnect()
    device = Client(city, "pump-1", "s-device")
    device.connect()
    numbers = [str(number).encode() for number in range(100)]
    for number in numbers:
        for qos in (1, 2):
            device.publish(topic, number, qos=qos)
    resumed, _ = listener.connect()
    listener.hears(200)
    heard = {qos: [message.payload for message in listener.messages if message.qos == qos] for qos in (1, 2)}
    listener.clean = True
    listener.disconnect()
    anew, _ = listener.connect()
    listener.disconnect()
    device.disconnect()
    checks.hold(
        "MQTT 5: a session goes on with what came meanwhile, in order, and a clean start ends it",
        (began, resumed, anew) == (False, True, False) and heard == {1: numbers, 2: numbers},
        f"{(began, resumed, anew)} {heard}")


def passedOn(city, checks):
    topic = f"{BASE}/passed-on"
    device, listener = pair(city, 5, False, "p")
    listener.subscribe(topic, options=SubscribeOptions(qos=1), properties=properties("SUBSCRIBE", SubscriptionIdentifier=7))
    sent = properties(
        "PUBLISH", UserProperty=[("a", "1"), ("a", "2")], ContentType="text/plain", ResponseTopic=f"{BASE}/answer",
        CorrelationData=b"\x00\xff", MessageExpiryInterval=600, PayloadFormatIndicator=1)
    device.publish(topic, "hello", properties=sent)
    got = listener.hears(1)[0].properties
    device.disconnect()
    listener.disconnect()
    expected = {
        "UserProperty": [("a", "1"), ("a", "2")], "ContentType": "text/plain", "ResponseTopic": f"{BASE}/answer",
        "CorrelationData": b"\x00\xff", "PayloadFormatIndicator": 1, "SubscriptionIdentifier": [7],
    }
    wrong = {name: getattr(got, name, None) for name, value in expected.items() if getattr(got, name, None) != value}
    checks.hold("MQTT 5: properties are passed on, in order, with the subscription's identifier", not wrong, f"{wrong}")
    left = getattr(got, "MessageExpiryInterval", None)
    checks.hold("MQTT 5: what is left of a message's lifetime is passed on", left is not None and 0 < left <= 600, f"{left}")


def shared(city, checks):
    topic = f"{BASE}/shared"
    device = Client(city, "pump-1", "g-device")
    device.connect()
    members = [Client(city, "operator", f"g-{index}") for index in range(2)]
    for member in members:
        member.connect()
        member.subscribe(f"$share/crew/{topic}", qos=1)
    for number in range(100):
        device.publish(topic, str(number))
    everyone = lambda: sorted(int(m.payload) for member in members for m in member.messages)
    for member in members:
        member.wait("its share", lambda: len(everyone()) >= 100)
    shares, heard = [len(member.messages) for member in members], everyone()
    for client in (*members, device):
        client.disconnect()
    checks.hold(
        "MQTT 5: those who share a subscription get each message once, in turns",
        heard == list(range(100)) and min(shares) >= 40, f"{shares}")


def refused(city, checks):
    device = Client(city, "pump-1", "n-device")
    device.connect()
    code = device.subscribe("#", qos=1)
    other = device.subscribe("city/city/pump-2/app/x", qos=1)
    device.disconnect()
    checks.hold("a device may not hear everything, or what is another's: 0x87", (code, other) == (0x87, 0x87), f"{code} {other}")


def check(city, checks):
    city.serve()
    for version in (4, 5):
        for websockets in (False, True):
            checks.run(f"qualities {version} {websockets}", lambda: qualities(city, checks, version, websockets))
        checks.run(f"retained {version}", lambda: retained(city, checks, version))
    for one in (will, resumption, passedOn, shared, refused):
        checks.run(one.__name__, lambda: one(city, checks))
    city.stop()
