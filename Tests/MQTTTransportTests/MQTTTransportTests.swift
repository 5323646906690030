import MQTTTransport
import Testing

@Suite("MQTT's transports")
struct MQTTTransportTests {
    @Test("the subprotocol is called `mqtt` [MQTT-6.0.0-3]")
    func subprotocol() { #expect(MQTTTransport.subprotocol == "mqtt") }
}
