import HTTPTypes
import Hummingbird

/// The two cookies there are. The prefix `__Host-` makes a browser hold them to this host, to TLS and to `Path=/`.
enum ConsoleCookie: String {
    /// The session's token.
    case session = "__Host-bastide"
    /// Before sign-in: what the form must repeat.
    case gate = "__Host-bastide-gate"

    /// The field that sets it.
    func field(_ value: String) -> HTTPField {
        HTTPField(name: .setCookie, value: "\(rawValue)=\(value); \(ConsoleCookie.attributes)")
    }

    /// The field that takes it away.
    var removal: HTTPField {
        HTTPField(name: .setCookie, value: "\(rawValue)=; Max-Age=0; \(ConsoleCookie.attributes)")
    }

    private static let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict"

    /// The value that a request brings, where it has the form of one of our tokens.
    func value(in request: Request) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                guard halves.count == 2, halves[0].trimmedSpaces == rawValue else { continue }
                let value = halves[1].trimmedSpaces
                return value.utf8.count <= 128 && value.allSatisfy(\.isHexDigit) ? String(value) : nil
            }
        }
        return nil
    }
}
