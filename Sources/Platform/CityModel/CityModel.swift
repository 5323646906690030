/// The words of the city, as types.
///
/// - Takes: nothing; it imports no module, not even Foundation.
/// - Gives: identifiers, principals, values, changes, refusals, receipts, and the records that the journal keeps.
/// - Owns: no state. Every type is a value and `Sendable`.
/// - Relies on: the standard library.
///
/// The vocabulary is that of DESIGN.md and, beneath it, of NGSI-LD (ETSI GS CIM 009), X.509, IEC 62443 and RFC 6962.
/// A word has one meaning here; when a new idea needs a name, it is named here first.
public enum CityVocabulary {
    /// The version of the words and of the journal's entries. A newer program reads older versions; never the reverse.
    public static let version = 1
}
