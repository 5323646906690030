import Foundation
import Mustache

/// What a template sees under one name. Nothing else can reach a template.
enum ViewValue {
    /// Text, escaped when it is shown; a section on it renders when it is there.
    case text(String?)
    /// Whether a section renders.
    case flag(Bool)
    /// Names within a section.
    case object(View?)
    /// A section once for each element.
    case list([View])
}

/// The names a template sees.
///
/// A name whose value is absent is found and empty: the search for it does not go on to an enclosing section.
struct View: MustacheParent, ExpressibleByDictionaryLiteral {
    private var values: [String: ViewValue]

    init(dictionaryLiteral elements: (String, ViewValue)...) {
        values = Dictionary(elements) { _, last in last }
    }

    subscript(name: String) -> ViewValue? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Takes over the names of another view.
    mutating func merge(_ other: View) {
        values.merge(other.values) { _, new in new }
    }

    func child(named name: String) -> Any? {
        switch values[name] {
        case .text(let text): text ?? NSNull()
        case .flag(let flag): flag
        case .object(let view): view ?? NSNull()
        case .list(let views): views
        case nil: nil
        }
    }
}
