import Geometry
import JSONBytes
import Testing

private func shape(_ json: String) throws -> Shape { try #require(Shape(geoJSON: JSONValue(parsing: json))) }

private let square = #"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}"#

@Suite("Geometries on the earth")
struct GeoFilterTests {
    @Test(
        "what GeoJSON calls a geometry is one, on the earth alone",
        arguments: [
            (#"{"type":"Point","coordinates":[13.4,52.5]}"#, true),
            (#"{"type":"Point","coordinates":[13.4,52.5,30]}"#, true),
            (#"{"type":"Point","coordinates":[181,0]}"#, false), (#"{"type":"Point","coordinates":[0,91]}"#, false),
            (#"{"type":"Point","coordinates":[0]}"#, false), (#"{"type":"Point","coordinates":"0,0"}"#, false),
            (#"{"type":"LineString","coordinates":[[0,0]]}"#, false),
            (#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#, true),
            (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#, false), (square, true),
            (#"{"type":"MultiPoint","coordinates":[]}"#, false), (#"{"type":"Circle","coordinates":[0,0]}"#, false),
            (#"{"type":"GeometryCollection","geometries":[]}"#, false),
        ])
    func parsing(json: String, isShape: Bool) throws {
        #expect((Shape(geoJSON: try JSONValue(parsing: json)) != nil) == isShape)
    }

    @Test("relations are those of OGC Simple Features: a border belongs to its polygon, and is not within it")
    func relations() throws {
        let inside = try shape(#"{"type":"Point","coordinates":[5,5]}"#)
        let border = try shape(#"{"type":"Point","coordinates":[0,5]}"#)
        let outside = try shape(#"{"type":"Point","coordinates":[20,5]}"#)
        let neighbour = try shape(
            #"{"type":"Polygon","coordinates":[[[5,5],[15,5],[15,15],[5,15],[5,5]]]}"#)
        let reference = try shape(square)
        func holds(_ relation: SpatialRelation, _ shape: Shape) -> Bool { GeoFilter(relation, reference).matches(shape) }
        #expect(holds(.within, inside) && !holds(.within, border) && !holds(.within, outside))
        #expect(holds(.intersects, border) && !holds(.intersects, outside))
        #expect(holds(.disjoint, outside) && !holds(.disjoint, border))
        #expect(holds(.overlaps, neighbour) && !holds(.overlaps, inside))
        #expect(holds(.equals, reference) && !holds(.equals, neighbour))
        #expect(GeoFilter(.contains, inside).matches(reference) && !GeoFilter(.contains, outside).matches(reference))
    }

    @Test("distances are metres on the ground: between Berlin and Paris, across the antimeridian, to the nearest point")
    func distances() throws {
        let berlin = Position(longitude: 13.405, latitude: 52.52)
        let paris = Position(longitude: 2.3522, latitude: 48.8566)
        #expect(abs(berlin.metres(to: paris) - 877_500) < 1_500)
        let (east, west) = (Position(longitude: 179.9, latitude: 0), Position(longitude: -179.9, latitude: 0))
        #expect(abs(east.metres(to: west) - 22_239) < 10)
        let line = try shape(#"{"type":"LineString","coordinates":[[1,85],[0,85.6]]}"#)
        let place = try shape(#"{"type":"Point","coordinates":[0,85]}"#)
        // A degree of longitude is short up there.
        #expect(place.metres(to: line) < 10_000)
    }

    @Test("who is near is found in the boxes that are searched, wherever on the earth")
    func searchEnvelopes() throws {
        for (longitude, latitude) in [(0.0, 0.0), (179.95, 10), (-179.95, -60), (20, 88.9), (20, -89.9)] {
            let centre = Position(longitude: longitude, latitude: latitude)
            let filter = GeoFilter(.nearAtMost(metres: 30_000), .point(centre))
            let boxes = try #require(filter.searchEnvelopes)
            var found = 0
            for step in 0..<360 {
                var other = centre
                other.longitude += Double(step % 60 - 30) / 5 / max(0.02, 1 - abs(latitude) / 90)
                other.latitude += Double(step / 60 - 3) / 12
                if other.longitude > 180 { other.longitude -= 360 }
                if other.longitude < -180 { other.longitude += 360 }
                guard abs(other.latitude) <= 90, abs(other.longitude) <= 180 else { continue }
                guard filter.matches(.point(other)) else { continue }
                found += 1
                #expect(
                    boxes.contains { $0.intersects(Shape.point(other).envelope) },
                    "\(other) is near \(centre) and in no box")
            }
            #expect(found > 0)
        }
    }
}
