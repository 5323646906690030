import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import NIOCore

/// Why a request was not carried out, as a client sees it (RFC 9457).
struct Problem: Error {
    private(set) var status: HTTPResponse.Status
    private(set) var type = "about:blank"
    private(set) var title: String
    private(set) var detail: String
    /// The step and code of the refusal behind it, where there is one.
    var refusal: Refusal?
    var headers = HTTPFields()

    /// A problem of HTTP itself, without a type of its own.
    init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = HTTPFields()) {
        self.status = status
        self.title = status.reasonPhrase
        self.detail = detail
        self.headers = headers
    }

    /// A problem of NGSI-LD (CIM 009 §5.5.2).
    init(_ details: ProblemDetails) {
        status = HTTPResponse.Status(code: details.code.status)
        type = details.code.type
        title = details.code.title
        detail = details.detail
    }

    init(_ code: ProblemCode, _ detail: String) { self.init(ProblemDetails(code, detail: detail)) }

    /// What a refusal becomes; see ``Refusal/row``.
    init(_ refusal: Refusal, in face: APIFace) {
        let row = refusal.row
        if face == .ngsiLD, let code = row.ngsiLD {
            self.init(ProblemDetails(code, detail: refusal.message))
        } else {
            self.init(row.status, refusal.message)
            type = "urn:bastide:refusal:\(refusal.code.rawValue)"
            title = row.title
        }
        self.refusal = refusal
        if refusal.code == .unavailable { headers[.retryAfter] = "5" }
    }

    var response: Response { answer.response }

    /// Writes the problem as an object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", type)
        writer.member("title", title)
        writer.member("status", Int64(status.code))
        writer.member("detail", detail)
        if let refusal {
            writer.member("code", refusal.code.rawValue)
            writer.member("step", refusal.step.rawValue)
        }
        writer.endObject()
    }

    var answer: PlainAnswer {
        var writer = JSONWriter()
        write(to: &writer)
        var headers = headers
        // NGSI-LD has a media type of its own mind (CIM 009 §6.3.3).
        let isNGSILD = type.hasPrefix("https://uri.etsi.org/ngsi-ld/errors/")
        headers[.contentType] = isNGSILD ? "application/json" : "application/problem+json"
        headers[.cacheControl] = "no-store"
        return PlainAnswer(status: status, headers: headers, body: writer.buffer)
    }
}

/// Which API a problem is told by.
enum APIFace: Sendable {
    case platform, ngsiLD
}

/// A refusal on its way to a client and into the record.
struct Refused: Error {
    let refusal: Refusal
    /// Who was refused.
    let principal: Principal
    var headers = HTTPFields()

    init(_ refusal: Refusal, by principal: Principal, headers: HTTPFields = HTTPFields()) {
        self.refusal = refusal
        self.principal = principal
        self.headers = headers
    }
}

extension Refusal {
    /// A request that the city doesn't understand.
    static func malformed(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .malformedPayload, message: message)
    }
}
