import CityContext
import CityIdentity
import CityModel
import CityPath

/// Things that happen in a city, drawn from a seed: readings early, late and twice, words, strange values, new and
/// suspended devices, refusals, acknowledgements.
struct CityLife {
    private var random: SeededRandom
    private var step: Int64 = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// Lets one thing happen.
    mutating func happen(in city: City, of test: TestCity) async throws {
        step += 1
        test.clock.advance(by: .seconds(1 + random.below(20)))
        let gauge = "g\(random.below(3))"
        if city.views.registry.device(DeviceID(gauge)) == nil { try await city.enrol(gauge, with: test) }
        switch random.below(12) {
        case 0:
            let status: DeviceStatus = random.below(2) == 0 ? .suspended : .active
            _ = await city.setStatus(status, of: DeviceID(gauge), reason: "step \(step)", by: AuthoriseTests.eva)
        case 1:
            try await city.publish(
                #"{"remark":"step \#(step)","road":{"type":"Relationship","object":"urn:r:\#(random.below(9))"}}"#,
                from: gauge, channel: "ngsi-ld")
        case 2:
            let refusal = Refusal(step: .authorise, code: .topicNotOwn, message: "step \(step)")
            city.path.record(refusal, by: try city.principal(gauge), from: "192.0.2.\(random.below(3))")
            try await city.settle(test.clock)
        case 3:
            if let alert = city.views.alerts.newest(.max, where: { $0.acknowledgedAt == nil }).first {
                _ = await city.acknowledge(alert.id, note: "step \(step)", by: AuthoriseTests.eva)
            }
        case 4:
            let payload: [UInt8] = random.below(3) == 0 ? [] : random.bytes(5)
            let message = RetainedMessage(topic: "devices/\(gauge)/v", payload: payload, qos: 1)
            _ = await city.path.committed(events: [.retained(message)])
        default: try await readings(of: gauge, in: city, test)
        }
    }

    /// Lets all devices speak again.
    func resumeAll(in city: City) async throws {
        for record in city.views.registry.all() where record.status == .suspended {
            _ = try await city.setStatus(.active, of: record.id, reason: nil, by: AuthoriseTests.eva).get()
        }
    }

    /// A run of readings, one a second, calm but for a leap now and then; some late, some twice.
    private mutating func readings(of gauge: String, in city: City, _ test: TestCity) async throws {
        try await resumeAll(in: city)
        let leap = random.below(5) == 0 ? 40.0 : 0
        var observations: [Observation] = []
        let count = 60 + random.below(300)
        for index in 0..<count {
            let second = Int64(step) * 400 + Int64(random.below(10) == 0 ? random.below(400) : index)
            let noise = Double(random.below(100)) / 50
            let json =
                "{\"t\":\(1_799_000_000_000 + second * 1_000),\"temp\":\(10 + noise + (index > count - 20 ? leap : 0))}"
            observations += try city.understood(json, from: gauge).get()
        }
        _ = try await city.path.committed(observations: observations).get()
        try await city.settle(test.clock)
    }
}
