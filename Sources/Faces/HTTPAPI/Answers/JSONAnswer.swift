import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore

extension JSONWriter {
    /// What was written.
    var buffer: ByteBuffer { withBytes { ByteBuffer(bytes: $0) } }

    /// What was written, as a body with a known length.
    var body: ResponseBody { ResponseBody(byteBuffer: buffer) }

    /// What was written, as an answer.
    func answer(_ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"], body: body)
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Int64) {
        key(name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: Int) {
        key(name)
        integer(Int64(value))
    }

    /// Sizes of the ledger; they stay far below what a signed integer holds.
    mutating func member(_ name: String, _ value: UInt64) {
        key(name)
        integer(Int64(clamping: value))
    }

    mutating func member(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    mutating func member(_ name: String, _ value: Timestamp) {
        key(name)
        timestamp(value.microseconds)
    }

    /// Nothing where there is no value.
    mutating func member(_ name: String, ifPresent value: String?) {
        if let value { member(name, value) }
    }

    /// Nothing where there is no value.
    mutating func member(_ name: String, ifPresent value: Timestamp?) {
        if let value { member(name, value) }
    }

    mutating func member(_ name: String, _ values: some Sequence<String>) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// A whole object from its members.
    mutating func object(_ members: (inout JSONWriter) -> Void) {
        beginObject()
        members(&self)
        endObject()
    }

    /// A member that is an array of objects.
    mutating func list<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ write: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(element, &self) }
        endArray()
    }

    /// An answer that is one object.
    static func answer(
        _ status: HTTPResponse.Status = .ok, _ members: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter(capacity: 1_024)
        writer.object(members)
        return writer.answer(status)
    }
}

extension Response {
    /// Plain text.
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// Go there and look (RFC 9110 §15.4.4).
    static func seeOther(_ path: String, headers: HTTPFields = HTTPFields()) -> Response {
        var headers = headers
        headers[.location] = path
        headers[.cacheControl] = "no-store"
        return Response(status: .seeOther, headers: headers)
    }
}
