import MQTTPackets
import Testing

@Suite("Keep alive (5.0 §3.1.2.10)")
struct KeepAliveTests {
    private let start = ContinuousClock.now

    @Test("disconnects once, after one and a half intervals of silence [MQTT-3.1.2-22]")
    func silence() {
        var keepAlive = KeepAlive(interval: .seconds(60), connectedAt: start)
        #expect(keepAlive.firstCheck == start + .seconds(90))
        #expect(keepAlive.timerFired(at: start + .seconds(89)) == .check(at: start + .seconds(90)))
        #expect(keepAlive.timerFired(at: start + .seconds(90)) == .disconnect)
        #expect(keepAlive.timerFired(at: start + .seconds(91)) == .ignore)
    }

    @Test("any packet starts the silence anew, but none revives an expired connection")
    func signOfLife() {
        var keepAlive = KeepAlive(interval: .seconds(10), connectedAt: start)
        keepAlive.packetReceived(at: start + .seconds(14))
        #expect(keepAlive.timerFired(at: start + .seconds(15)) == .check(at: start + .seconds(29)))
        #expect(keepAlive.timerFired(at: start + .seconds(29)) == .disconnect)
        keepAlive.packetReceived(at: start + .seconds(30))
        #expect(keepAlive.timerFired(at: start + .seconds(100)) == .ignore)
    }

    @Test("zero disables it")
    func disabled() {
        var keepAlive = KeepAlive(interval: .zero, connectedAt: start)
        #expect(keepAlive.firstCheck == nil)
        keepAlive.packetReceived(at: start)
        #expect(keepAlive.timerFired(at: start + .seconds(100_000)) == .ignore)
    }
}
