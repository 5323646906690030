/// Walks over the text of one parameter, character by character, and knows the column for messages.
struct TextCursor {
    let parameter: String
    let scalars: [Unicode.Scalar]
    /// Characters before this place.
    var position = 0

    init(_ text: String, parameter: String) throws(NGSILDError) {
        guard text.utf8.count <= NGSILDLimits.queryBytes else {
            throw NGSILDError(.tooComplexQuery, "`\(parameter)` is longer than \(NGSILDLimits.queryBytes) bytes")
        }
        self.parameter = parameter
        scalars = Array(text.unicodeScalars)
    }

    var isAtEnd: Bool { position >= scalars.count }

    var peek: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    func peek(ahead distance: Int) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        position += 1
        return scalar
    }

    mutating func consume(_ text: String) -> Bool {
        let wanted = text.unicodeScalars
        guard position + wanted.count <= scalars.count,
            scalars[position..<position + wanted.count].elementsEqual(wanted)
        else { return false }
        position += wanted.count
        return true
    }

    /// The text from here up to the first character that does not belong.
    mutating func take(while belongs: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while let scalar = peek, belongs(scalar) { position += 1 }
        return text(from: start)
    }

    func text(from start: Int) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars[start..<position])
        return text
    }

    /// An error here, or at an earlier place, that also says what stands there.
    func error(
        _ problem: String, at place: Int? = nil, code: ProblemCode = .badRequestData
    ) -> NGSILDError {
        let place = place ?? position
        let found = place < scalars.count ? "found `\(scalars[place])`" : "found the end"
        return NGSILDError(code, parameter: parameter, column: place + 1, "\(problem), \(found)")
    }
}
