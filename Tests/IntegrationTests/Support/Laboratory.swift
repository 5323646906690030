import CityModel
import Foundation
import JSONBytes

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The laboratory's HTTP: what a served city tells on loopback to anybody.
struct Laboratory: Sendable {
    /// A number at a time.
    struct Value: Sendable, Equatable {
        let observedAt: Timestamp
        let value: Double
    }

    /// An answer.
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue
    }

    private let port: Int

    init(port: Int) {
        self.port = port
    }

    /// Asks for a path, which begins with a slash and is percent-encoded where it must be.
    func get(_ path: String) async throws -> Answer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw Failure("`\(path)` is not a path") }
        let (data, response) = try await URLSession.shared.data(from: url)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard !data.isEmpty else { return Answer(status: status, body: .null) }
        return Answer(status: status, body: try JSONValue(parsing: Array(data)))
    }

    /// All readings of an attribute that is a number, by the temporal interface of NGSI-LD, oldest first.
    ///
    /// One answer holds the newest of what was asked for, and says when it is not all.
    func history(of attribute: String, of entity: String) async throws -> [Value] {
        var values: [Value] = []
        while true {
            var path = "/ngsi-ld/v1/temporal/entities/\(entity)?attrs=\(attribute)&options=temporalValues&lastN=10000"
            if let first = values.first {
                path += "&timerel=before&timeAt=\(RFC3339.string(first.observedAt.microseconds))"
            }
            let answer = try await get(path)
            guard answer.status == 200 || answer.status == 206 else {
                throw Failure("\(path): \(answer.status) \(answer.body)")
            }
            // What has no value in the time that is asked for is not there.
            guard answer.body[[.member(attribute)]] != nil else { return values }
            let earlier = try answer.body.array(at: [.member(attribute), .member("values")]).map { pair in
                let time = try RFC3339.microseconds(parsing: pair.string(at: [1]))
                return Value(observedAt: Timestamp(microseconds: time), value: try pair.double(at: [0]))
            }
            values = earlier.sorted { $0.observedAt < $1.observedAt } + values
            if answer.status == 200, earlier.count < 10_000 { return values }
        }
    }
}

extension ServedCity {
    /// The laboratory's HTTP. Precondition: it is open, as it is in every city that a test serves.
    var laboratory: Laboratory { Laboratory(port: ports.laboratoryHTTP ?? 0) }
}
