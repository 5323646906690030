import DemoCity
import Foundation

/// The town most tests look at, built once.
let town = DemoTown(seed: 7)

/// Monday, 2 March 2026, 0:00 on the town's clocks, which are an hour ahead of UTC.
let monday = DemoInstant(millisecondsSinceEpoch: 1_772_406_000_000)

/// Long after the instants that tests look at: a town where nothing goes wrong yet.
let quiet = CitySimulation(town: town, seed: 7, start: monday + .seconds(365 * 86_400))

extension CitySimulation {
    func indices(of kind: DeviceKind) -> [Int] { devices.indices.filter { devices[$0].kind == kind } }

    /// The number a device reports for one property.
    func value(_ property: String, of index: Int, at instant: DemoInstant) -> Double {
        let fields = devices[index].profile.fields
        guard let position = fields.firstIndex(where: { $0.property == property }) else { return .nan }
        return readings(for: index, at: instant).values[position].number ?? .nan
    }
}

/// One feature of the map, read back from its GeoJSON.
struct MapFeature {
    let layer: String
    let name: String
    let kind: String
    let geometryType: String
    /// Each ring, line or lone point of the geometry, as longitude and latitude.
    let parts: [[(Double, Double)]]
}

/// Reads a map; empty when it is not what it should be.
func features(of json: [UInt8]) throws -> [MapFeature] {
    guard let root = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any],
        let features = root["features"] as? [[String: Any]]
    else { return [] }
    return features.compactMap { feature in
        guard let properties = feature["properties"] as? [String: String], let layer = properties["layer"],
            let name = properties["name"], let kind = properties["class"],
            let geometry = feature["geometry"] as? [String: Any], let type = geometry["type"] as? String,
            let coordinates = geometry["coordinates"] as? [Any]
        else { return nil }
        return MapFeature(layer: layer, name: name, kind: kind, geometryType: type, parts: parts(of: coordinates))
    }
}

private func parts(of coordinates: [Any]) -> [[(Double, Double)]] {
    if let position = position(coordinates) { return [[position]] }
    let positions = coordinates.compactMap { ($0 as? [Any]).flatMap(position) }
    if positions.count == coordinates.count { return [positions] }
    return coordinates.flatMap { ($0 as? [Any]).map(parts) ?? [] }
}

private func position(_ array: [Any]) -> (Double, Double)? {
    guard array.count == 2, let x = array[0] as? Double, let y = array[1] as? Double else { return nil }
    return (x, y)
}

/// Even-odd rule.
func contains(_ ring: [(Double, Double)], _ x: Double, _ y: Double) -> Bool {
    var inside = false
    for (a, b) in zip(ring, ring.dropFirst()) where (a.1 > y) != (b.1 > y) {
        if x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0 { inside.toggle() }
    }
    return inside
}

/// Twice the area; positive when the ring runs counterclockwise.
func doubledArea(_ ring: [(Double, Double)]) -> Double {
    zip(ring, ring.dropFirst()).reduce(0) { $0 + $1.0.0 * $1.1.1 - $1.1.0 * $1.0.1 }
}

/// Metres between two positions in the town.
func metres(_ a: GeoPoint, _ b: GeoPoint) -> Double {
    let east = (a.longitude - b.longitude) * 111_195 * cos(a.latitude * .pi / 180)
    let north = (a.latitude - b.latitude) * 111_195
    return (east * east + north * north).squareRoot()
}

/// Pearson's correlation coefficient.
func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (meanX, meanY) = (mean(x), mean(y))
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let (spreadX, spreadY) = (
        x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }, y.reduce(0) { $0 + ($1 - meanY) * ($1 - meanY) }
    )
    return covariance / (spreadX * spreadY).squareRoot()
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
