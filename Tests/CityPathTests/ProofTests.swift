import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Testing
import TransparencyLog

@Suite("Proofs of readings")
struct ProofTests {
    let test: TestCity
    static let entity = EntityID("urn:ngsi-ld:WeatherObserved:gauge")
    static let kelvin = TestCity.catalogue.replacingOccurrences(
        of: "unit: CEL, min: -60, max: 70", with: "unit: KEL, min: 0, max: 400")

    init() throws {
        test = try TestCity()
    }

    private func publish(_ city: City, second: Int64, _ value: Double) async throws {
        _ = try await city.publish("{\"t\":\(1_799_999_000_000 + second * 1_000),\"temp\":\(value)}", from: "gauge")
            .get()
    }

    /// Checks the proof as a stranger does, and answers what it proves.
    private func proved(_ city: City, second: Int64?, attribute: String = "temperature") throws -> JSONValue {
        let time = second.map { Timestamp(seconds: 1_799_999_000 + $0) }
        let proof = try city.proof(of: attribute, of: ProofTests.entity, observedAt: time)
        // Through its JSON form, with the published key alone.
        let received = try JSONDecoder().decode(NestedProof.self, from: try JSONEncoder().encode(proof))
        let checkpoint = try received.verify(trustedKey: test.signer.verifier)
        #expect(checkpoint.origin == TestCity.origin)
        return try JSONValue(parsing: Array(received.reading.utf8))
    }

    @Test("every reading can be proved: what, of which entity, when, in which unit")
    func reading() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            for second in 0..<20 { try await publish(city, second: Int64(second), Double(second)) }
            for second in 0..<20 {
                let reading = try proved(city, second: Int64(second))
                #expect(try reading.double(at: ["value"]) == Double(second))
                #expect(try reading.string(at: ["entity"]) == ProofTests.entity.text)
                #expect(try reading.string(at: ["unitCode"]) == "CEL")
            }
            #expect(try proved(city, second: nil).double(at: ["value"]) == 19)
            #expect(try proved(city, second: nil, attribute: "name").string(at: ["value"]) == "gauge")
        }
    }

    @Test("a changed reading, another key and a proof of something else do not verify")
    func tampered() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            for second in 0..<4 { try await publish(city, second: Int64(second), 20) }
            let proof = try city.proof(of: "temperature", of: ProofTests.entity, observedAt: nil)
            let other = try city.proof(
                of: "temperature", of: ProofTests.entity, observedAt: Timestamp(seconds: 1_799_999_001))
            let changed = NestedProof(
                reading: proof.reading.replacingOccurrences(of: "20", with: "21"), batch: proof.batch, log: proof.log,
                checkpoint: proof.checkpoint, verifierKey: proof.verifierKey)
            let mixed = NestedProof(
                reading: proof.reading, batch: other.batch, log: other.log, checkpoint: proof.checkpoint,
                verifierKey: proof.verifierKey)
            for wrong in [changed, mixed] {
                #expect(throws: ProofError.self) { try wrong.verify(trustedKey: test.signer.verifier) }
            }
            let stranger = try NoteSigner(name: TestCity.origin).verifier
            #expect(throws: ProofError.self) { try proof.verify(trustedKey: stranger) }
        }
    }

    @Test("what was not observed cannot be proved")
    func absent() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await publish(city, second: 0, 20)
            for (attribute, entity, second) in [
                ("temperature", ProofTests.entity, Int64(1)), ("humidity", ProofTests.entity, 0),
                ("temperature", EntityID("urn:x:1"), 0), ("pressure", ProofTests.entity, 0),
            ] {
                #expect(throws: ProofRefusal.self) {
                    try city.proof(of: attribute, of: entity, observedAt: Timestamp(seconds: 1_799_999_000 + second))
                }
            }
            #expect(throws: ProofRefusal.self) {
                try city.proof(of: "pressure", of: ProofTests.entity, observedAt: nil)
            }
        }
    }

    @Test("old proofs stay good after a restart, a change of the attribute's meaning, and new views")
    func redefined() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await publish(city, second: 0, 20)
        }
        try await test.withCity(catalogue: ProofTests.kelvin) { city in
            #expect(try proved(city, second: 0).string(at: ["unitCode"]) == "CEL")
            try await publish(city, second: 1, 293)
            try check(city)
        }
        try await test.withCity(catalogue: ProofTests.kelvin) { try check($0) }
        try? FileManager.default.removeItem(atPath: test.directory.views)
        try await test.withCity(catalogue: ProofTests.kelvin) { city in
            try check(city)
            try await publish(city, second: 2, 294)
            #expect(try proved(city, second: 2).string(at: ["unitCode"]) == "KEL")
        }
        try await test.withCity { city in
            try await publish(city, second: 3, 21)
            try check(city)
            #expect(try proved(city, second: 2).string(at: ["unitCode"]) == "KEL")
            #expect(try proved(city, second: 3).string(at: ["unitCode"]) == "CEL")
        }
    }

    private func check(_ city: City) throws {
        #expect(try proved(city, second: 0).string(at: ["unitCode"]) == "CEL")
        #expect(try proved(city, second: 0).double(at: ["value"]) == 20)
        #expect(try proved(city, second: 1).string(at: ["unitCode"]) == "KEL")
        #expect(try proved(city, second: 1).double(at: ["value"]) == 293)
    }

    @Test("proofs hold while batches of many series go on, and while definitions change", arguments: [1, 2, 3])
    func concurrent(round: Int) async throws {
        try await test.withCity { city in
            for number in 0..<6 { try await city.enrol("g\(number)", with: test) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        for second in 0..<25 {
                            // Every message on the other channel may change what an attribute means.
                            let unit = second % 2 == 0 ? "" : #","unitCode":"MTR""#
                            _ = try await city.publish(
                                "{\"depth\(second % 3)\":{\"value\":\(second)\(unit)}}", from: "g\(number)",
                                channel: "ngsi-ld")
                            _ = try await city.publish(
                                "{\"t\":\(1_799_999_000_000 + second),\"temp\":\(second)}", from: "g\(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            for number in 0..<6 {
                let entity = EntityID("urn:ngsi-ld:WeatherObserved:g\(number)")
                for attribute in ["temperature", "depth0", "depth1", "depth2", "name"] {
                    let proof = try city.proof(of: attribute, of: entity, observedAt: nil)
                    try proof.verify(trustedKey: test.signer.verifier)
                }
            }
        }
    }
}
