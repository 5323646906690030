import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore

/// Reads bodies within limits of size and time.
struct BodyReader: Sendable {
    /// A body that has not come by then is given up, and its connection with it.
    static let deadline = TimeAmount.seconds(30)
    /// Forms of the console have a few short fields.
    static let formBytes = 16_384

    let maximumBytes: Int

    /// The whole body.
    ///
    /// - Throws: ``Refusal/Code/tooLarge`` beyond the limit.
    func bytes(of request: Request, from peer: Peer, limit: Int? = nil) async throws -> ByteBuffer {
        let limit = min(limit ?? maximumBytes, maximumBytes)
        let tooLarge = Refusal(
            step: .understand, code: .tooLarge,
            message: "the body is larger than \(limit) bytes, the most accepted here")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        return try await peer.channel.closing(after: BodyReader.deadline) {
            var whole = ByteBuffer()
            for try await var part in request.body {
                guard whole.readableBytes + part.readableBytes <= limit else { throw tooLarge }
                whole.writeBuffer(&part)
            }
            return whole
        }
    }

    /// The fields of an HTML form.
    func form(of request: Request, from peer: Peer) async throws -> RequestParameters {
        guard MediaRange.type(of: request.headers[.contentType]) == "application/x-www-form-urlencoded" else {
            throw Problem(.unsupportedMediaType, "expected `application/x-www-form-urlencoded`")
        }
        let bytes = try await bytes(of: request, from: peer, limit: BodyReader.formBytes)
        return try RequestParameters(parsing: String(buffer: bytes), isForm: true)
    }

    /// A JSON object that has no other `members` than these; an empty body is an empty object.
    func object(of request: Request, from peer: Peer, members: [String]) async throws -> JSONFields {
        let bytes = try await bytes(of: request, from: peer)
        guard bytes.readableBytes > 0 else { return JSONFields(object: JSONObject()) }
        guard MediaRange.type(of: request.headers[.contentType]) == "application/json" else {
            throw Problem(.unsupportedMediaType, "expected a body of `application/json`")
        }
        do throws(JSONError) {
            let value = try JSONValue(parsing: bytes.readableBytesView)
            let fields = JSONFields(object: try value.object())
            try fields.check(known: members)
            return fields
        } catch {
            throw Refusal.malformed(error.message)
        }
    }
}

/// The members of a JSON object that came in; `null` counts as absent.
struct JSONFields {
    let object: JSONObject

    fileprivate func check(known: [String]) throws(JSONError) {
        for member in object.members where !known.contains(member.name) {
            let words = known.map { "`\($0)`" }.joined(separator: ", ")
            throw JSONError(
                .wrongKind, at: [.member(member.name)], expected: "no member of this name; known are \(words)",
                found: member.value.kindName)
        }
    }

    private func value(_ name: String) -> JSONValue? {
        switch object[name] {
        case .none, .null: nil
        case .some(let value): value
        }
    }

    private func reading<T>(_ name: String, _ read: (JSONValue) throws(JSONError) -> T) throws(Refusal) -> T? {
        guard value(name) != nil else { return nil }
        do throws(JSONError) {
            return try read(.object(object))
        } catch {
            throw .malformed(error.message)
        }
    }

    func string(_ name: String) throws(Refusal) -> String? {
        try reading(name) { value throws(JSONError) in try value.string(at: [.member(name)]) }
    }

    func integer(_ name: String) throws(Refusal) -> Int? {
        try reading(name) { value throws(JSONError) in Int(try value.integer(at: [.member(name)])) }
    }

    func bool(_ name: String) throws(Refusal) -> Bool? {
        try reading(name) { value throws(JSONError) in try value.bool(at: [.member(name)]) }
    }

    func strings(_ name: String) throws(Refusal) -> [String]? {
        try reading(name) { value throws(JSONError) in
            let elements = try value.array(at: [.member(name)])
            var strings: [String] = []
            for index in elements.indices {
                strings.append(try value.string(at: [.member(name), .element(index)]))
            }
            return strings
        }
    }

    func point(_ name: String) throws(Refusal) -> GeoPoint? {
        try reading(name) { value throws(JSONError) in
            GeoPoint(
                longitude: try value.double(at: [.member(name), .member("longitude")]),
                latitude: try value.double(at: [.member(name), .member("latitude")]))
        }
    }
}
