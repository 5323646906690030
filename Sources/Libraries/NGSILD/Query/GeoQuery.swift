public import JSONBytes

/// Where entities are asked for (CIM 009 §4.10): how the geometry of a property stands to a reference geometry.
public struct GeoQuery: Sendable, Hashable {
    /// How the two geometries stand to each other.
    public enum Relation: Sendable, Hashable {
        /// At most so many metres away.
        case nearAtMost(metres: Double)
        /// At least so many metres away.
        case nearAtLeast(metres: Double)
        /// The target lies in the reference.
        case within
        /// The target has the reference in it.
        case contains
        /// They have some points in common, of one dimension, and some not.
        case overlaps
        /// They have a point in common.
        case intersects
        /// They are the same.
        case equals
        /// They have no point in common.
        case disjoint
    }

    /// How the target stands to the reference.
    public let relation: Relation
    /// The reference, a GeoJSON geometry that was checked.
    public let geometry: JSONValue
    /// The property whose geometry is the target, a canonical name.
    public let property: String

    /// Reads the parameters of a request; nil for an absent one.
    ///
    /// - Returns: nil when none of `georel`, `geometry` and `coordinates` is there.
    /// - Throws: ``ProblemCode/badRequestData`` that says which parameter is wrong or missing.
    public init?(
        parsing georel: String?, geometry: String?, coordinates: String?, property: String?,
        context: JSONLDContext = .core
    ) throws(NGSILDError) {
        guard georel != nil || geometry != nil || coordinates != nil else { return nil }
        guard let georel, let geometry, let coordinates else {
            throw NGSILDError(.badRequestData, "`georel`, `geometry` and `coordinates` go together")
        }
        guard let value = try? JSONValue(parsing: Array(coordinates.utf8)) else {
            throw NGSILDError(
                .badRequestData, "`coordinates` must be a JSON array, it is \(NGSILDError.quoted(coordinates))")
        }
        try self.init(georel, geometry, value, property, context)
    }

    /// Reads a `geoQ` object (§5.2.13).
    ///
    /// - Throws: ``ProblemCode/badRequestData``.
    public init(parsing object: JSONObject, context: JSONLDContext = .core) throws(NGSILDError) {
        guard case .string(let georel)? = object["georel"], case .string(let geometry)? = object["geometry"],
            var coordinates = object["coordinates"]
        else { throw NGSILDError(.badRequestData, "a geoquery has `georel`, `geometry` and `coordinates`") }
        if case .string(let text) = coordinates {
            guard let value = try? JSONValue(parsing: Array(text.utf8)) else {
                throw NGSILDError(.badRequestData, "the `coordinates` of a geoquery must be a JSON array")
            }
            coordinates = value
        }
        var property: String?
        if case .string(let name)? = object["geoproperty"] { property = name }
        try self.init(georel, geometry, coordinates, property, context)
    }

    private init(
        _ georel: String, _ geometry: String, _ coordinates: JSONValue, _ property: String?, _ context: JSONLDContext
    ) throws(NGSILDError) {
        relation = try GeoQuery.relation(georel)
        let kinds = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
        guard kinds.contains(geometry) else {
            throw NGSILDError(
                .badRequestData,
                "`geometry` must be one of \(kinds.map { "`\($0)`" }.joined(separator: ", ")), it is \(NGSILDError.quoted(geometry))"
            )
        }
        let value = JSONValue.object(
            JSONObject([
                JSONObject.Member(name: "type", value: .string(geometry)),
                JSONObject.Member(name: "coordinates", value: coordinates),
            ]))
        do throws(NGSILDError) {
            try GeoJSONGeometry.check(value, at: .root)
        } catch {
            throw NGSILDError(.badRequestData, "`coordinates` are not those of a \(geometry): \(error.message)")
        }
        self.geometry = value
        if let property, !Names.isName(property) {
            throw NGSILDError(
                .badRequestData, "`geoproperty` must be an attribute name, it is \(NGSILDError.quoted(property))")
        }
        self.property = context.name(of: property ?? "location")
    }

    private static func relation(_ text: String) throws(NGSILDError) -> Relation {
        switch text {
        case "within": return .within
        case "contains": return .contains
        case "overlaps": return .overlaps
        case "intersects": return .intersects
        case "equals": return .equals
        case "disjoint": return .disjoint
        default: break
        }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let halves = parts.count == 2 ? parts[1].split(separator: "=", omittingEmptySubsequences: false) : []
        guard parts.first == "near", halves.count == 3, halves[1].isEmpty, let metres = Double(halves[2]),
            metres.isFinite, metres > 0
        else { throw unknown(text) }
        switch halves[0] {
        case "maxDistance": return .nearAtMost(metres: metres)
        case "minDistance": return .nearAtLeast(metres: metres)
        default: throw unknown(text)
        }
    }

    private static func unknown(_ text: String) -> NGSILDError {
        NGSILDError(
            .badRequestData,
            "`georel` must be `near;maxDistance==METRES`, `near;minDistance==METRES`, `within`, `contains`, `overlaps`, "
                + "`intersects`, `equals` or `disjoint`, it is \(NGSILDError.quoted(text))")
    }
}
