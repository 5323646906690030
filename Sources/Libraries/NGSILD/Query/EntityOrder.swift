public import JSONBytes

/// In which order entities are given (CIM 009 §4.23).
///
///     name,age;desc       address[city]       location;dist-asc
public struct EntityOrder: Sendable {
    /// How one term compares.
    private enum Direction: Sendable, Hashable {
        case ascending, descending, nearestFirst, farthestFirst
    }

    private struct Term: Sendable, Hashable {
        let path: AttributePath
        let direction: Direction
    }

    private let terms: [Term]
    /// By which rules texts are compared, a language tag (RFC 6067); nil for those of no language.
    public let collation: String?
    /// Where distances are measured from, a GeoJSON geometry; nil when none is.
    public let reference: JSONValue?

    /// Reads the parameters; nil for an absent one.
    ///
    /// - Returns: nil when there is no `orderBy`.
    /// - Throws: ``ProblemCode/badRequestData`` that says which parameter is wrong.
    public init?(
        parsing orderBy: String?, collation: String?, from: String?, geometry: String?, context: JSONLDContext = .core
    ) throws(NGSILDError) {
        if let collation, !EntityOrder.isCollation(collation) {
            throw NGSILDError(
                .badRequestData,
                "`collation` must be a language tag such as `und` or `de-u-co-phonebk`, it is \(NGSILDError.quoted(collation))"
            )
        }
        guard let orderBy else { return nil }
        var terms: [Term] = []
        for part in orderBy.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: ";", omittingEmptySubsequences: false)
            var direction = Direction.ascending
            switch pieces.dropFirst().first {
            case nil, "asc"?: break
            case "desc"?: direction = .descending
            case "dist-asc"?: direction = .nearestFirst
            case "dist-desc"?: direction = .farthestFirst
            case let other?:
                throw NGSILDError(
                    .badRequestData,
                    "a direction in `orderBy` is `asc`, `desc`, `dist-asc` or `dist-desc`, not \(NGSILDError.quoted(other))"
                )
            }
            guard pieces.count <= 2, terms.count < 16 else {
                throw NGSILDError(.badRequestData, "`orderBy` has up to 16 names, each with one direction")
            }
            terms.append(
                Term(
                    path: try AttributePath(parsing: String(pieces[0]), parameter: "orderBy", context: context),
                    direction: direction))
        }
        self.terms = terms
        self.collation = collation
        reference = try EntityOrder.reference(from, geometry)
        let needsReference = terms.contains { $0.direction == .nearestFirst || $0.direction == .farthestFirst }
        guard !needsReference || reference != nil else {
            throw NGSILDError(.badRequestData, "an order by distance needs `orderFrom`")
        }
    }

    private static func isCollation(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
                1...8 ~= part.utf8.count
                    && part.utf8.allSatisfy {
                        ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10
                    }
            }
    }

    private static func reference(_ from: String?, _ geometry: String?) throws(NGSILDError) -> JSONValue? {
        guard let from else { return nil }
        guard let coordinates = try? JSONValue(parsing: Array(from.utf8)) else {
            throw NGSILDError(
                .badRequestData, "`orderFrom` must be a JSON array of coordinates, it is \(NGSILDError.quoted(from))")
        }
        let value = JSONValue.object(
            JSONObject([
                JSONObject.Member(name: "type", value: .string(geometry ?? "Point")),
                JSONObject.Member(name: "coordinates", value: coordinates),
            ]))
        do throws(NGSILDError) {
            try GeoJSONGeometry.check(value, at: .root)
        } catch {
            throw NGSILDError(
                .badRequestData,
                "`orderFrom` does not have the coordinates of a \(NGSILDError.quoted(geometry ?? "Point")): \(error.message)"
            )
        }
        return value
    }

    /// Entities in order; those that are alike stay as they stand.
    ///
    /// - Parameters:
    ///   - entities: In any order.
    ///   - folding: What of a text counts first; of two that are alike in it, the texts themselves are compared.
    ///   - distance: Metres from ``reference`` to a geometry; nil for what is none.
    /// - Returns: The same entities.
    public func sorted(
        _ entities: [Entity], folding: (String) -> String, distance: (JSONValue) -> Double?
    ) -> [Entity] {
        let keyed = entities.map { entity in (entity, terms.map { key(of: entity, by: $0, folding, distance) }) }
        return keyed.enumerated().sorted { left, right in
            for (index, term) in terms.enumerated() {
                let order = left.element.1[index].order(right.element.1[index])
                guard order != 0 else { continue }
                let isReversed = term.direction == .descending || term.direction == .farthestFirst
                // What is not there comes last, whichever way.
                if left.element.1[index].isAbsent || right.element.1[index].isAbsent { return order < 0 }
                return isReversed ? order > 0 : order < 0
            }
            return left.offset < right.offset
        }.map(\.element.0)
    }

    private func key(
        of entity: Entity, by term: Term, _ folding: (String) -> String, _ distance: (JSONValue) -> Double?
    ) -> OrderKey {
        switch term.direction {
        case .ascending, .descending: return OrderKey(entity.value(at: term.path), folding)
        case .nearestFirst, .farthestFirst:
            guard let value = entity.value(at: term.path) else { return .absent }
            return distance(value).map { .number($0) } ?? OrderKey(value, folding)
        }
    }
}

/// What entities are compared by; in the order of §4.23.2.
private enum OrderKey {
    case number(Double)
    case string(folded: String, String)
    case object(String)
    case array(String)
    case bool(Bool)
    case instant(Int64)
    case null
    case absent

    init(_ value: JSONValue?, _ folding: (String) -> String) {
        switch value {
        case nil: self = .absent
        case .number(let number)?: self = .number(number.double)
        case .string(let text)?:
            if text.utf8.last == UInt8(ascii: "Z"), let instant = try? DateTime.parse(text) {
                self = .instant(instant.microseconds)
            } else {
                self = .string(folded: folding(text), text)
            }
        case .object?: self = .object(value?.description ?? "")
        case .array?: self = .array(value?.description ?? "")
        case .bool(let flag)?: self = .bool(flag)
        case .null?: self = .null
        }
    }

    var isAbsent: Bool { if case .absent = self { true } else { false } }

    private var rank: Int {
        switch self {
        case .number: 0
        case .string: 1
        case .object: 2
        case .array: 3
        case .bool: 4
        case .instant: 5
        case .null: 6
        case .absent: 7
        }
    }

    func order(_ other: OrderKey) -> Int {
        switch (self, other) {
        case (.number(let left), .number(let right)): OrderKey.order(left, right)
        case (.string(let left, let leftText), .string(let right, let rightText)):
            left == right ? OrderKey.order(leftText, rightText) : OrderKey.order(left, right)
        case (.object(let left), .object(let right)), (.array(let left), .array(let right)): OrderKey.order(left, right)
        case (.bool(let left), .bool(let right)): OrderKey.order(left ? 1 : 0, right ? 1 : 0)
        case (.instant(let left), .instant(let right)): OrderKey.order(left, right)
        default: OrderKey.order(rank, other.rank)
        }
    }

    private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
        left < right ? -1 : left == right ? 0 : 1
    }
}

extension Entity {
    /// The value at a path; nil when there is none.
    fileprivate func value(at path: AttributePath) -> JSONValue? {
        guard let first = path.names.first else { return nil }
        if path.names.count == 1, path.members.isEmpty {
            switch first {
            case "id": return .string(id)
            case "type": return .string(types.sorted().joined(separator: ","))
            case "scope": return scopes.first.map { .string($0) }
            case "createdAt": return createdAt.map { .string(RFC3339.string($0)) }
            case "modifiedAt": return modifiedAt.map { .string(RFC3339.string($0)) }
            default: break
            }
        }
        var found =
            attributes.first { $0.name == first && $0.datasetId == nil } ?? attributes.first { $0.name == first }
        for (index, name) in path.names.dropFirst().enumerated() {
            guard let attribute = found else { return nil }
            if let sub = attribute.subAttributes.first(where: { $0.name == name }) {
                found = sub
            } else if index == path.names.count - 2 {
                switch name {
                case "observedAt": return attribute.observedAt.map { .string(RFC3339.string($0)) }
                case "createdAt": return attribute.createdAt.map { .string(RFC3339.string($0)) }
                case "modifiedAt": return attribute.modifiedAt.map { .string(RFC3339.string($0)) }
                case "unitCode": return attribute.unitCode.map { .string($0) }
                default: return nil
                }
            } else {
                return nil
            }
        }
        guard let attribute = found else { return nil }
        return attribute.value[JSONPath(steps: path.members.map { .member($0) })]
    }
}
