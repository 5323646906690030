"""Eclipse Paho's Python client (1.x and 2.x), with what it hears kept in lists."""

import threading

from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# The longest that anything here may take, in seconds: a busy machine is slow.
PATIENCE = 30


def properties(packet, **values):
    """Properties of MQTT 5 by their names in paho, such as MessageExpiryInterval."""
    made = Properties(getattr(PacketTypes, packet))
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Client:
    """One client. Everything that is waited for is waited for with a limit."""

    def __init__(self, city, who, identifier, version=5, websockets=False, clean=True, expiry=0):
        self.city, self.version, self.clean, self.expiry = city, version, clean, expiry
        self.port = city.web if websockets else city.mqtt
        self.news = threading.Condition()
        self.messages, self.connacks, self.subacks, self.published, self.ends = [], [], {}, set(), []
        arguments = {
            "client_id": identifier,
            "protocol": paho.MQTTv5 if version == 5 else paho.MQTTv311,
            "transport": "websockets" if websockets else "tcp",
        }
        if version != 5:
            arguments["clean_session"] = clean
        if hasattr(paho, "CallbackAPIVersion"):
            arguments["callback_api_version"] = paho.CallbackAPIVersion.VERSION1
        self.paho = paho.Client(**arguments)
        self.paho.tls_set(**city.identity(who))
        if websockets:
            self.paho.ws_set_options(path="/mqtt")
        self.paho.on_connect = lambda _c, _u, flags, code, *_: self.note(self.connacks, (flags, code))
        self.paho.on_message = lambda _c, _u, message: self.note(self.messages, message)
        self.paho.on_subscribe = self.subscribed
        self.paho.on_publish = lambda _c, _u, identifier, *_: self.acknowledged(identifier)
        self.paho.on_disconnect = lambda _c, _u, code, *_: self.note(self.ends, code)

    def note(self, kept, what):
        with self.news:
            kept.append(what)
            self.news.notify_all()

    def subscribed(self, _client, _data, identifier, codes, *_):
        with self.news:
            self.subacks[identifier] = [getattr(code, "value", code) for code in codes]
            self.news.notify_all()

    def acknowledged(self, identifier):
        with self.news:
            self.published.add(identifier)
            self.news.notify_all()

    def wait(self, what, until, patience=PATIENCE):
        """Waits until something holds; it must, in time."""
        with self.news:
            if not self.news.wait_for(until, patience):
                raise AssertionError(f"in {patience} s: {what}")

    def connect(self, will=None):
        """Connects, and waits for CONNACK: its session present flag and reason code."""
        if will:
            self.paho.will_set(**will)
        count = len(self.connacks)
        more = {}
        if self.version == 5:
            more = {
                "clean_start": self.clean,
                "properties": properties("CONNECT", SessionExpiryInterval=self.expiry),
            }
        self.paho.connect("127.0.0.1", self.port, keepalive=30, **more)
        self.paho.loop_start()
        self.wait("no CONNACK", lambda: len(self.connacks) > count)
        flags, code = self.connacks[-1]
        return flags["session present"] if isinstance(flags, dict) else flags.session_present, getattr(code, "value", code)

    def subscribe(self, topic, **options):
        """Subscribes; the granted QoS or reason code."""
        result, identifier = self.paho.subscribe(topic, **options)
        assert result == paho.MQTT_ERR_SUCCESS, result
        self.wait(f"no SUBACK for {topic}", lambda: identifier in self.subacks)
        return self.subacks[identifier][0]

    def publish(self, topic, payload, qos=1, **options):
        """Publishes, and waits for the end of its handshake."""
        info = self.paho.publish(topic, payload, qos=qos, **options)
        self.wait(f"no answer to {topic}", lambda: info.mid in self.published)

    def hears(self, count):
        """The first so many messages; waits for them."""
        self.wait(f"{count} messages, there are {len(self.messages)}", lambda: len(self.messages) >= count)
        return self.messages[:count]

    def disconnect(self):
        """DISCONNECT, and the end of its thread."""
        self.paho.disconnect()
        self.paho.loop_stop()

    def vanish(self):
        """Hangs up without a word."""
        self.paho.loop_stop()
        self.paho.socket().close()
