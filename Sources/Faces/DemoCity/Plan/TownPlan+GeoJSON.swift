extension TownPlan {
    /// The whole map as one GeoJSON `FeatureCollection` (RFC 7946), at most 400 kB of UTF-8.
    ///
    /// Each feature has the properties `layer` (a ``TownLayer``), `name` (may be empty) and `class`. Features are in
    /// drawing order.
    public var geoJSON: [UInt8] { geoJSON(layers: TownLayer.allCases) }

    /// Some sheets of the map as one GeoJSON `FeatureCollection`.
    ///
    /// - Parameter layers: Which sheets; they keep the plan's drawing order.
    /// - Returns: UTF-8 text.
    public func geoJSON(layers: [TownLayer]) -> [UInt8] {
        var text = JSONText()
        text.raw(#"{"type":"FeatureCollection","features":["#)
        var isFirst = true
        for feature in features where layers.contains(feature.layer) {
            if !isFirst { text.raw(",\n") }
            isFirst = false
            write(feature, to: &text)
        }
        text.raw("]}")
        return text.bytes
    }

    /// South-west and north-east corner of the town: what the map should show at first.
    public var bounds: (southWest: GeoPoint, northEast: GeoPoint) {
        let bounds = PlanPolygon(skeleton.boundary.points).bounds
        return (GeoPoint(bounds.low), GeoPoint(bounds.high))
    }

    /// The middle of the central square.
    public var centre: GeoPoint { GeoPoint(PlanPoint(0, 0)) }

    /// The quarters' names, the old town first.
    public var districtNames: [String] { districts.map(\.name) }

    private func write(_ feature: TownFeature, to text: inout JSONText) {
        text.raw(#"{"type":"Feature","properties":{"layer":"#)
        text.string(feature.layer.rawValue)
        text.raw(",")
        text.key("name")
        text.string(feature.name)
        text.raw(",")
        text.key("class")
        text.string(feature.kind)
        text.raw(#"},"geometry":{"type":"#)
        switch feature.shape {
        case .point(let point):
            text.raw(#""Point","coordinates":"#)
            write(point, to: &text)
        case .line(let line):
            text.raw(#""LineString","coordinates":"#)
            write(line.points, to: &text)
        case .polygon(let polygon, let holes):
            text.raw(#""Polygon","coordinates":"#)
            write(polygon, holes: holes, to: &text)
        case .polygons(let polygons):
            text.raw(#""MultiPolygon","coordinates":["#)
            for (index, polygon) in polygons.enumerated() {
                if index > 0 { text.raw(",") }
                write(polygon, holes: [], to: &text)
            }
            text.raw("]")
        }
        text.raw("}}")
    }

    /// Rings are closed; the outer one runs counterclockwise, holes clockwise (RFC 7946 §3.1.6).
    private func write(_ polygon: PlanPolygon, holes: [PlanPolygon], to text: inout JSONText) {
        text.raw("[")
        write(polygon.ring + [polygon.ring[0]], to: &text)
        for hole in holes {
            text.raw(",")
            write((hole.ring + [hole.ring[0]]).reversed(), to: &text)
        }
        text.raw("]")
    }

    private func write(_ points: [PlanPoint], to text: inout JSONText) {
        text.raw("[")
        for (index, point) in points.enumerated() {
            if index > 0 { text.raw(",") }
            write(point, to: &text)
        }
        text.raw("]")
    }

    /// Five decimals: to a metre.
    private func write(_ point: PlanPoint, to text: inout JSONText) {
        let position = GeoPoint(point)
        text.raw("[")
        text.number(position.longitude, decimals: 5)
        text.raw(",")
        text.number(position.latitude, decimals: 5)
        text.raw("]")
    }
}
