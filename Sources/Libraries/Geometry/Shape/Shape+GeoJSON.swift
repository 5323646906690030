public import JSONBytes

extension Shape {
    /// Reads a GeoJSON geometry (RFC 7946 §3.1). Members other than `type`, `coordinates` and `geometries` play no
    /// part.
    ///
    /// A polygon that crosses itself is mended, as PostGIS does in `ST_MakeValid`: it is the ground its outer rings go
    /// round, less its holes; a hole outside is ground of its own. Which way round a ring goes does not matter (RFC
    /// 7946 §3.1.6).
    ///
    /// Points cost about 300 ns; polygons some microseconds, because GEOS checks them.
    ///
    /// - Parameter value: The geometry. Positions have two or three numbers, the third of which is left out.
    /// - Throws: ``GeometryError`` with the path of the innermost thing that is wrong; any of its codes.
    public init(geoJSON value: JSONValue) throws(GeometryError) {
        var reader = GeoJSONReader()
        let kind = try reader.read(value, depth: 0)
        if kind == .point {
            self.init(reader.parts.positions[0])
        } else {
            self.init(try Outline(kind, reader.parts).validated())
        }
    }
}

/// Reads geometries into pieces; errors gather their path on the way out.
private struct GeoJSONReader {
    var parts = OutlineParts()

    /// Takes in a geometry; `depth` counts the collections around it, and bounds the recursion.
    mutating func read(_ value: JSONValue, depth: Int) throws(GeometryError) -> Shape.Kind {
        guard case .object(let object) = value else {
            throw GeometryError(.notAGeometry, expected: "a GeoJSON geometry", found: value)
        }
        guard case .string(let type)? = object["type"], let kind = Shape.Kind(rawValue: type) else {
            let names = Shape.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            let found = if case .string? = object["type"] { "another string" } else { object["type"]?.kindName }
            throw GeometryError(
                .notAGeometry, at: ["type"], expected: "a GeoJSON geometry (\(names))", found: found ?? "nothing")
        }
        let name = kind == .geometryCollection ? "geometries" : "coordinates"
        do throws(GeometryError) {
            guard case .array(let elements)? = object[name] else {
                throw GeometryError(.notAGeometry, expected: "an array", found: object[name])
            }
            try readBody(of: kind, elements, depth: depth)
        } catch {
            throw error.below(.member(name))
        }
        return kind
    }

    private mutating func readBody(
        of kind: Shape.Kind, _ elements: [JSONValue], depth: Int
    ) throws(GeometryError) {
        if elements.isEmpty, kind != .point {
            throw GeometryError(.tooFewPositions, expected: "one or more elements", found: "none")
        }
        switch kind {
        case .point:
            try readPosition(elements)
            parts.end(.points)
        case .multiPoint: try readPositions(elements, .points)
        case .lineString: try readPositions(elements, .line)
        case .polygon: try readPolygon(elements)
        case .multiLineString:
            try each(elements) { reader, line throws(GeometryError) in try reader.readPositions(line, .line) }
        case .multiPolygon:
            try each(elements) { reader, polygon throws(GeometryError) in try reader.readPolygon(polygon) }
        case .geometryCollection:
            guard depth < GeometryLimits.collectionDepth else {
                let expected = "at most \(GeometryLimits.collectionDepth) collections inside each other"
                throw GeometryError(.tooLarge, expected: expected, found: "more")
            }
            for (index, element) in elements.enumerated() {
                do throws(GeometryError) {
                    _ = try read(element, depth: depth + 1)
                } catch {
                    throw error.below(.element(index))
                }
            }
        }
    }

    /// Hands on each element, which must be an array itself.
    private mutating func each(
        _ elements: [JSONValue], read: (inout Self, [JSONValue]) throws(GeometryError) -> Void
    ) throws(GeometryError) {
        for (index, element) in elements.enumerated() {
            do throws(GeometryError) {
                guard case .array(let inner) = element else {
                    throw GeometryError(.notAGeometry, expected: "an array", found: element)
                }
                try read(&self, inner)
            } catch {
                throw error.below(.element(index))
            }
        }
    }

    /// An outer ring and its holes.
    private mutating func readPolygon(_ rings: [JSONValue]) throws(GeometryError) {
        guard !rings.isEmpty else {
            throw GeometryError(.tooFewPositions, expected: "an outer ring", found: "no ring")
        }
        var role = Outline.Piece.Role.ring
        try each(rings) { reader, ring throws(GeometryError) in
            try reader.readPositions(ring, role)
            role = .hole
        }
    }

    private mutating func readPositions(
        _ elements: [JSONValue], _ role: Outline.Piece.Role
    ) throws(GeometryError) {
        let minimum =
            switch role {
            case .points: 1
            case .line: 2
            case .ring, .hole: 4
            }
        guard elements.count >= minimum else {
            throw GeometryError(
                .tooFewPositions, expected: "\(minimum) or more positions", found: "\(elements.count)")
        }
        try each(elements) { reader, position throws(GeometryError) in try reader.readPosition(position) }
        let (first, last) = (parts.positions[parts.positions.count - elements.count], parts.positions.last)
        guard role == .points || role == .line || first == last else {
            let expected = "a closed ring, whose last position equals its first"
            throw GeometryError(.openRing, expected: expected, found: "an open one")
        }
        parts.end(role)
    }

    /// Longitude, latitude, and an altitude that is not kept (RFC 7946 §3.1.1).
    private mutating func readPosition(_ elements: [JSONValue]) throws(GeometryError) {
        guard 2...3 ~= elements.count else {
            let expected = "a position [longitude, latitude] with an optional altitude"
            throw GeometryError(.notAGeometry, expected: expected, found: "\(elements.count) elements")
        }
        guard parts.positions.count < GeometryLimits.positions else {
            throw GeometryError(
                .tooLarge, expected: "at most \(GeometryLimits.positions) positions", found: "more")
        }
        let longitude = try number(elements, 0, "a longitude from -180 to 180", limit: 180)
        let latitude = try number(elements, 1, "a latitude from -90 to 90", limit: 90)
        if elements.count == 3 { _ = try number(elements, 2, "a number", limit: .infinity) }
        parts.append(Position(checked: longitude, latitude))
    }

    private func number(
        _ elements: [JSONValue], _ index: Int, _ expected: StaticString, limit: Double
    ) throws(GeometryError) -> Double {
        let element = elements[index]
        guard case .number(let number) = element else {
            throw GeometryError(.notAGeometry, expected: "\(expected)", found: element).below(.element(index))
        }
        guard number.double.magnitude <= limit else {
            throw GeometryError(.outOfRange, expected: "\(expected)", found: element).below(.element(index))
        }
        return number.double
    }
}
