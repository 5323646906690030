/// Names and identifiers (CIM 009 §4.6.2, annex A).
public enum Names {
    /// Whether text is a name of an entity type or an attribute.
    ///
    /// A letter followed by letters, numbers and `_`; or two such names, as `prefix:name`; or a full IRI.
    ///
    /// - Parameter text: Anything.
    /// - Returns: True for `speed`, `sosa:hasResult` and `https://uri.etsi.org/ngsi-ld/observedAt`.
    public static func isName(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= NGSILDLimits.nameBytes else { return false }
        if text.utf8.allSatisfy(isPlain), let first = text.utf8.first { return isASCIILetter(first) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy(isTerm) || isURI(text)
    }

    /// Whether text is one name without a prefix.
    static func isTerm(_ text: some StringProtocol) -> Bool {
        guard let first = text.unicodeScalars.first, isLetter(first) else { return false }
        return text.unicodeScalars.allSatisfy { isLetter($0) || isNumber($0) || $0 == "_" }
    }

    /// The short name of what the core `@context` maps to an IRI; other names and IRIs stay as they are.
    ///
    /// - Parameter text: A name, or an IRI such as `https://uri.etsi.org/ngsi-ld/default-context/speed`.
    /// - Returns: The name that data is written with: `speed`.
    public static func shortName(of text: String) -> String { CoreContext.term(text) }

    /// The IRI that the core `@context` maps a name to.
    ///
    /// - Parameter name: A short name; what has a prefix stays as it is.
    /// - Returns: An IRI in the core namespace for its own terms, in the default context for all others.
    public static func iri(of name: String) -> String { CoreContext.iri(of: name) }

    /// Whether text is an absolute URI or IRI (RFC 3986 §3, RFC 3987).
    ///
    /// - Parameter text: Anything.
    /// - Returns: True for `urn:ngsi-ld:Vehicle:A1`; false without a scheme, or with blanks or control characters.
    public static func isURI(_ text: String) -> Bool {
        let utf8 = text.utf8
        guard utf8.count <= NGSILDLimits.nameBytes, let first = utf8.first, isASCIILetter(first),
            let colon = utf8.firstIndex(of: UInt8(ascii: ":")), utf8.index(after: colon) < utf8.endIndex
        else { return false }
        guard utf8[..<colon].allSatisfy(isSchemeByte), utf8[colon...].allSatisfy(isURIByte) else { return false }
        return utf8.allSatisfy { $0 < 0x80 } || text.unicodeScalars.allSatisfy(isVisible)
    }

    @inline(__always)
    private static func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        isASCIILetter(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        isASCIILetter(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    /// Neither a blank, nor a control character, nor one of the delimiters that RFC 3986 leaves out.
    private static func isURIByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: true
        }
    }

    /// Whether a character beyond ASCII may stand in an IRI (RFC 3987 §2.2) and can be told from others: none that is
    /// blank, invisible, or turns the text around.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return true }
        // A braille pattern without dots is a symbol, and blank.
        if scalar.value == 0x2800 || scalar.properties.isDefaultIgnorableCodePoint { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            return false
        default: return true
        }
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// Whether text is a scope: names between slashes, `/Madrid/Gardens` (CIM 009 §4.18).
    ///
    /// - Parameter text: Anything.
    /// - Returns: True with or without the first slash.
    public static func isScope(_ text: String) -> Bool {
        let levels = text.drop { $0 == "/" }.split(separator: "/", omittingEmptySubsequences: false)
        return !text.hasPrefix("//") && !levels.isEmpty && text.utf8.count <= NGSILDLimits.nameBytes
            && levels.allSatisfy { level in
                isTerm(level)
            }
    }

    /// The names of an `attrs`, `pick` or `omit` parameter.
    ///
    /// - Parameters:
    ///   - text: Names between commas.
    ///   - parameter: The parameter's name, for messages.
    ///   - context: What the names stand for.
    /// - Returns: Canonical names, in order, each once.
    /// - Throws: ``ProblemCode/badRequestData`` for what is no name.
    public static func attributeList(
        parsing text: String, parameter: String = "attrs", context: JSONLDContext = .core
    ) throws(NGSILDError) -> [String] {
        try list(text, parameter, "an attribute name", where: isName).map(context.name)
    }

    /// The identifiers of an `id` parameter.
    ///
    /// - Parameters:
    ///   - text: URIs between commas.
    ///   - parameter: The parameter's name, for messages.
    /// - Returns: The URIs, in order, each once.
    /// - Throws: ``ProblemCode/badRequestData`` for what is no URI.
    public static func uriList(parsing text: String, parameter: String = "id") throws(NGSILDError) -> [String] {
        try list(text, parameter, "a URI", where: isURI)
    }

    private static func list(
        _ text: String, _ parameter: String, _ expected: String, where isValid: (String) -> Bool
    ) throws(NGSILDError) -> [String] {
        var column = 1
        var names: [String] = []
        var seen: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part)
            guard isValid(name) else {
                let problem = "expected \(expected), found \(name.isEmpty ? "nothing" : NGSILDError.quoted(name))"
                throw NGSILDError(parameter: parameter, column: column, problem)
            }
            if seen.insert(name).inserted { names.append(name) }
            column += part.count + 1
        }
        return names
    }
}
