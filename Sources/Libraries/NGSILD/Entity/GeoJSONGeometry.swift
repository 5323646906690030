public import JSONBytes

/// GeoJSON geometries as NGSI-LD allows them (RFC 7946 §3.1, CIM 009 §4.7): all but GeometryCollection.
public enum GeoJSONGeometry: String, Sendable, Hashable, CaseIterable {
    /// One position.
    case point = "Point"
    /// Positions.
    case multiPoint = "MultiPoint"
    /// Two or more positions.
    case lineString = "LineString"
    /// Lines.
    case multiLineString = "MultiLineString"
    /// An outer ring and its holes.
    case polygon = "Polygon"
    /// Polygons.
    case multiPolygon = "MultiPolygon"

    /// The geometry that an object says it is, by its `type` and because it has `coordinates`; these are not checked.
    ///
    /// - Parameter value: Anything; what is no geometry gives nil.
    public init?(_ value: JSONValue) {
        guard case .object(let object) = value, case .string(let type)? = object["type"], object["coordinates"] != nil
        else { return nil }
        self.init(rawValue: type)
    }

    /// Checks a geometry: shape, ranges, and that rings are closed.
    ///
    /// - Parameters:
    ///   - value: What should be a geometry.
    ///   - path: Where it stands, for messages.
    /// - Throws: ``ProblemCode/badRequestData`` with the path of the innermost thing that is wrong.
    public static func check(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) {
        guard case .object(let object) = value else {
            throw NGSILDError(at: path, expected: "a GeoJSON geometry", found: value)
        }
        guard case .string(let type)? = object["type"], let geometry = GeoJSONGeometry(rawValue: type) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            throw NGSILDError(at: path["type"], expected: "a GeoJSON geometry (\(names))", found: object["type"])
        }
        let inside = path["coordinates"]
        guard let coordinates = object["coordinates"] else {
            throw NGSILDError(at: inside, expected: "an array", found: nil)
        }
        switch geometry {
        case .point: _ = try position(coordinates, inside)
        case .multiPoint: _ = try positions(coordinates, inside, atLeast: 0)
        case .lineString: _ = try positions(coordinates, inside, atLeast: 2)
        case .polygon: try polygon(coordinates, inside)
        case .multiLineString:
            for (index, line) in try elements(coordinates, inside).enumerated() {
                _ = try positions(line, inside[index], atLeast: 2)
            }
        case .multiPolygon:
            for (index, part) in try elements(coordinates, inside).enumerated() { try polygon(part, inside[index]) }
        }
    }

    private static func elements(_ value: JSONValue, _ path: JSONPath) throws(NGSILDError) -> [JSONValue] {
        guard case .array(let elements) = value else {
            throw NGSILDError(at: path, expected: "an array", found: value)
        }
        return elements
    }

    private static func position(_ value: JSONValue, _ path: JSONPath) throws(NGSILDError) -> [Double] {
        let elements = try elements(value, path)
        guard 2...3 ~= elements.count else {
            let expected = "a position [longitude, latitude] with an optional altitude"
            throw NGSILDError(at: path, expected: expected, found: "\(elements.count) elements")
        }
        var numbers: [Double] = []
        for (index, element) in elements.enumerated() {
            guard case .number(let number) = element else {
                throw NGSILDError(at: path[index], expected: "a number", found: element)
            }
            numbers.append(number.double)
        }
        guard numbers[0].magnitude <= 180 else {
            throw NGSILDError(at: path[0], expected: "a longitude from -180 to 180", found: elements[0])
        }
        guard numbers[1].magnitude <= 90 else {
            throw NGSILDError(at: path[1], expected: "a latitude from -90 to 90", found: elements[1])
        }
        return numbers
    }

    private static func positions(
        _ value: JSONValue, _ path: JSONPath, atLeast minimum: Int
    ) throws(NGSILDError) -> [[Double]] {
        let elements = try elements(value, path)
        guard elements.count >= minimum else {
            throw NGSILDError(at: path, expected: "\(minimum) or more positions", found: "\(elements.count)")
        }
        var positions: [[Double]] = []
        for (index, element) in elements.enumerated() { positions.append(try position(element, path[index])) }
        return positions
    }

    /// Rings of four or more positions, the last equal to the first (RFC 7946 §3.1.6).
    private static func polygon(_ value: JSONValue, _ path: JSONPath) throws(NGSILDError) {
        let rings = try elements(value, path)
        guard !rings.isEmpty else { throw NGSILDError(at: path, expected: "an outer ring", found: "no ring") }
        for (index, ring) in rings.enumerated() {
            let positions = try positions(ring, path[index], atLeast: 4)
            guard positions.first == positions.last else {
                let expected = "a closed ring, whose last position equals its first"
                throw NGSILDError(at: path[index], expected: expected, found: "an open one")
            }
        }
    }
}
