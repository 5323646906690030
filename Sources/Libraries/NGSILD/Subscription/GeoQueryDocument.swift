public import JSONBytes

/// A geoquery as a subscription holds it (CIM 009 §5.2.13): checked in form, not yet ready to be held against entities.
public struct GeoQueryDocument: Sendable, Hashable {
    /// Such as `near;maxDistance==2000`.
    public var georel: String
    /// Such as `Point`.
    public var geometry: GeoJSONGeometry
    /// As it was given: an array, or the text of one.
    public var coordinates: JSONValue
    /// The canonical name of the attribute that is looked at; nil means `location`.
    public var geoproperty: String?

    /// A geoquery.
    ///
    /// - Parameters:
    ///   - georel: Such as `near;maxDistance==2000`; not checked.
    ///   - geometry: Such as `Point`.
    ///   - coordinates: An array, or the text of one; not checked.
    ///   - geoproperty: A canonical name; nil for `location`.
    public init(georel: String, geometry: GeoJSONGeometry, coordinates: JSONValue, geoproperty: String? = nil) {
        self.georel = georel
        self.geometry = geometry
        self.coordinates = coordinates
        self.geoproperty = geoproperty
    }

    /// The reference geometry as GeoJSON.
    public var reference: JSONValue {
        ["type": .string(geometry.rawValue), "coordinates": Self.array(coordinates) ?? coordinates]
    }

    /// The geoquery, ready to be held against entities; nil for what was not checked and is none.
    public var query: GeoQuery? {
        var object = JSONObject()
        object["georel"] = .string(georel)
        object["geometry"] = .string(geometry.rawValue)
        object["coordinates"] = coordinates
        object["geoproperty"] = geoproperty.map { .string($0) }
        return try? GeoQuery(parsing: object)
    }

    /// The array that stands there, or in the text that stands there (§4.7.1).
    private static func array(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .array: return value
        case .string(let text):
            guard case .array(let elements)? = try? JSONValue(parsing: text) else { return nil }
            return .array(elements)
        default: return nil
        }
    }
}

extension GeoQueryDocument {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["georel", "geometry", "coordinates", "geoproperty"],
            expected: "a geoquery, as a JSON object", context: field.context, purpose: .create)
        let relation = try members.required("georel", "a geospatial relationship such as `within`")
        guard case .string(let georel) = relation.value, Self.isRelation(georel) else {
            let known = "`near;maxDistance==…`, `near;minDistance==…`, `within`, `contains`, `overlaps`, "
            throw relation.error(expected: "one of \(known)`intersects`, `equals`, `disjoint`")
        }
        let coordinates = try members.required("coordinates", "coordinates")
        self.init(
            georel: georel, geometry: try members.required("geometry", "a geometry").choice(of: GeoJSONGeometry.self),
            coordinates: coordinates.value,
            geoproperty: try members["geoproperty"]?.name("the name of a GeoProperty"))
        guard Self.array(coordinates.value) != nil else {
            throw coordinates.error(expected: "an array of coordinates, or the text of one")
        }
        try GeoJSONGeometry.check(reference, at: field.path)
    }

    /// Whether text is a relationship as of §4.10.
    private static func isRelation(_ text: String) -> Bool {
        if ["within", "contains", "overlaps", "intersects", "equals", "disjoint"].contains(text) { return true }
        for start in ["near;maxDistance==", "near;minDistance=="] where text.hasPrefix(start) {
            guard case .number(let number)? = try? JSONValue(parsing: String(text.dropFirst(start.count))) else {
                return false
            }
            return number.double > 0
        }
        return false
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        builder.add("georel", georel)
        builder.add("geometry", geometry.rawValue)
        builder.add("coordinates", coordinates)
        builder.add("geoproperty", geoproperty.map(builder.context.term))
        return builder.value
    }
}
