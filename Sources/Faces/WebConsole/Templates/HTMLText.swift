import Mustache

/// Escapes text for HTML content and quoted attributes.
///
/// Mustache escapes by `Character`. A quotation mark followed by a combining mark is another character than a quotation
/// mark, is left as it is, and ends an attribute in the browser. This escapes by Unicode scalar instead, which is what
/// a browser reads. Control characters, which HTML does not allow, become U+FFFD.
struct HTMLText: MustacheContentType {
    /// The name under which templates choose it.
    static let name = "BastideHTML"

    /// Makes the name known to Mustache; more than once does no harm.
    static func register() {
        MustacheContentTypes.register(HTMLText(), named: name)
    }

    func escapeText(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case _ where HTMLText.isForbidden(scalar): escaped.unicodeScalars.append("\u{FFFD}")
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Controls other than tab and line ends, and noncharacters (HTML §13.2.3.5, input stream preprocessing).
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: true
        default: scalar.value & 0xFFFE == 0xFFFE
        }
    }
}
