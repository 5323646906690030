/// An element's start or end tag as a browser would see it.
struct Tag: Equatable {
    var name: String
    var isEnd: Bool
    var attributes: [String: String]

    subscript(attribute: String) -> String? { attributes[attribute] }
}

/// Reads the tags of a document the way the HTML tokenizer does: text until `<` and a letter, attributes until `>`.
///
/// It knows no entities and no raw text elements; the console's pages have neither scripts nor styles inline.
struct MarkupScanner {
    private(set) var tags: [Tag] = []
    private var scalars: ArraySlice<Unicode.Scalar>

    static func tags(of document: String) -> [Tag] {
        var scanner = MarkupScanner(scalars: Array(document.unicodeScalars)[...])
        scanner.scan()
        return scanner.tags
    }

    private init(scalars: ArraySlice<Unicode.Scalar>) { self.scalars = scalars }

    private mutating func scan() {
        while let scalar = scalars.popFirst() {
            guard scalar == "<", let next = scalars.first else { continue }
            if next == "/" {
                scalars.removeFirst()
                readTag(isEnd: true)
            } else if next.properties.isAlphabetic {
                readTag(isEnd: false)
            }
        }
    }

    private mutating func readTag(isEnd: Bool) {
        var tag = Tag(
            name: read { !$0.properties.isWhitespace && $0 != ">" && $0 != "/" }, isEnd: isEnd, attributes: [:])
        while let scalar = scalars.first, scalar != ">" {
            guard !scalar.properties.isWhitespace, scalar != "/" else {
                scalars.removeFirst()
                continue
            }
            let name = read { !$0.properties.isWhitespace && $0 != "=" && $0 != ">" && $0 != "/" }
            tag.attributes[name] = readValue()
        }
        scalars = scalars.dropFirst()
        tags.append(tag)
    }

    private mutating func readValue() -> String {
        guard scalars.first == "=" else { return "" }
        scalars.removeFirst()
        guard let quote = scalars.first, quote == "\"" || quote == "'" else {
            return read { !$0.properties.isWhitespace && $0 != ">" }
        }
        scalars.removeFirst()
        let value = read { $0 != quote }
        scalars = scalars.dropFirst()
        return value
    }

    private mutating func read(while condition: (Unicode.Scalar) -> Bool) -> String {
        let taken = scalars.prefix(while: condition)
        scalars = scalars.dropFirst(taken.count)
        var text = ""
        text.unicodeScalars.append(contentsOf: taken)
        return text
    }
}

/// A document's shape: names of elements and attributes in order, without the values that texts may change.
func shape(of document: String) -> [String] {
    MarkupScanner.tags(of: document).map { tag in
        (tag.isEnd ? "/" : "") + tag.name + " " + tag.attributes.keys.sorted().joined(separator: " ")
    }
}
