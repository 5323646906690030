"""Sessions, queued messages and retained messages while the server is killed, 20 times at moments that chance chooses."""

import random
import threading
import time

from client import Client
from plain import Lost, PATIENCE, PlainClient

KILLS = 20
BASE = "city/city/pump-1/app"
QUALITIES = {f"{BASE}/once-or-more": 1, f"{BASE}/once": 2}
STATE = f"{BASE}/state"
# Messages that the publisher has sent and not finished.
WINDOW = 300
# Numbers published on each topic in one life of the server. All that is published fits into the queue of a client that is
# away, or slow.
SHARE = 1_000
QUEUE = 100_000


class Worker:
    """A plain client on a thread of its own: connects again whenever the connection is lost."""

    def __init__(self, client):
        self.client = client
        # Whether the session was there, for each connection but the first.
        self.present = []
        self.connects = 0
        self.error = None
        self.isWanted = False

    def start(self):
        self.isWanted = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while self.isWanted:
                try:
                    present = self.client.connect()
                    if self.connects:
                        self.present.append(present)
                    self.connects += 1
                    self.began()
                    while self.isWanted:
                        self.work()
                    self.client.disconnect()
                except Lost:
                    continue
        except Exception as error:  # told to the one who waits for this thread
            self.error = error

    def began(self):
        """Right after CONNACK."""

    def work(self):
        self.client.step(0.05)

    def stop(self):
        self.isWanted = False
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "a client hangs"
        if self.error:
            raise self.error

    def waitFor(self, what, until):
        """Waits until something holds; it must, in time."""
        deadline = time.monotonic() + PATIENCE
        while not until():
            if self.error:
                raise self.error
            assert time.monotonic() < deadline, f"in {PATIENCE} s: {what}"
            time.sleep(0.02)


class Subscriber(Worker):
    def began(self):
        if self.connects == 1:
            assert self.client.subscribe(f"{BASE}/#", 2) == 2


class Publisher(Worker):
    """Publishes numbers on each topic, and its state as a retained message, until it is told to finish."""

    def __init__(self, client):
        super().__init__(client)
        self.sent = {topic: 0 for topic in (*QUALITIES, STATE)}
        self.isFinishing = False
        self.left = 0

    def began(self):
        self.left = SHARE

    def work(self):
        while not self.isFinishing and self.left and len(self.client.outgoing) < WINDOW:
            self.left -= 1
            for topic, qos in ((*QUALITIES.items(), (STATE, 1))):
                self.sent[topic] += 1
                self.client.publish(topic, str(self.sent[topic]).encode(), qos, retain=topic == STATE)
        self.client.step(0.05)

    def finish(self):
        self.isFinishing = True
        self.waitFor("not everything was acknowledged", lambda: not self.client.outgoing)
        self.stop()

    def acknowledgedState(self):
        """The newest state that was acknowledged: the one before the oldest that was not."""
        unfinished = [int(payload) for topic, payload, *_ in list(self.client.outgoing.values()) if topic == STATE]
        return min(unfinished, default=self.sent[STATE] + 1) - 1


def mistakes(heard, sent):
    """What the standard does not allow, in words."""
    found = []
    for topic, qos in QUALITIES.items():
        numbers = [int(payload) for name, payload, *_ in heard if name == topic]
        missing = set(range(1, sent[topic] + 1)) - set(numbers)
        if missing:
            found.append(f"QoS {qos}: {len(missing)} of {sent[topic]} never came, such as {sorted(missing)[:5]}")
        first = list(dict.fromkeys(numbers))
        if qos == 2 and len(numbers) != len(first):
            found.append(f"QoS 2: {len(numbers) - len(first)} came twice")
        unordered = [pair for pair in zip(first, first[1:]) if pair[0] > pair[1]]
        if unordered:
            found.append(f"QoS {qos}: out of order [MQTT-4.6.0]: {unordered[:5]}")
    return found


def retainedState(city):
    """The retained state, as a new client hears it."""
    client = Client(city, "operator", "reader")
    client.connect()
    client.subscribe(STATE, qos=1)
    message = client.hears(1)[0]
    client.disconnect()
    assert message.retain, "what a new subscription brings first is marked as retained"
    return int(message.payload)


def check(city, checks):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    city.settings["BASTIDE_MQTT_QUEUED_MESSAGES"] = str(QUEUE)
    city.serve()
    subscriber = Subscriber(PlainClient(city.mqtt, city.identity("operator"), "subscriber"))
    publisher = Publisher(PlainClient(city.mqtt, city.identity("pump-1"), "publisher"))
    subscriber.start()
    subscriber.waitFor("it has subscribed", lambda: subscriber.client.granted)
    publisher.start()
    states = []
    for kill in range(1, KILLS + 1):
        # Every third life the subscriber is away: messages wait for it across the death.
        isAway = kill % 3 == 0
        if isAway:
            subscriber.stop()
        lives = publisher.connects
        time.sleep(chance.uniform(0.05, 0.8))
        city.kill()
        atLeast = publisher.acknowledgedState()
        city.serve()
        publisher.waitFor("the publisher is back", lambda: publisher.connects > lives)
        states.append((atLeast, retainedState(city)))
        if isAway:
            subscriber.start()
    publisher.finish()
    total = sum(publisher.sent[topic] for topic in QUALITIES)
    came = lambda: len({message[:2] for message in list(subscriber.client.heard) if message[0] in QUALITIES})
    try:
        subscriber.waitFor("not everything came", lambda: came() >= total)
    except AssertionError:
        pass  # what is missing is told below, by name
    subscriber.stop()
    found = mistakes(subscriber.client.heard, publisher.sent)
    late = [pair for pair in states if pair[1] < pair[0]]
    checks.hold(
        f"{KILLS} kills: what the standard allows comes, once where it says once, in order", not found,
        f"seed {seed}: {'; '.join(found)}")
    checks.hold(f"{KILLS} kills: what was acknowledged as retained is retained", not late, f"seed {seed}: {late}")
    checks.hold(
        f"{KILLS} kills: each time the sessions were there",
        all(subscriber.present) and all(publisher.present) and len(publisher.present) >= KILLS,
        f"seed {seed}: {subscriber.present} {publisher.present}")
    checks.hold("enough was published to prove something", total > 5_000, f"{total} messages")
    checks.hold("the server stops in peace", city.stop(), city.log())
    checks.hold("its ledger and journal hold", "signed checkpoints hold" in city.run("doctor", city.path))
