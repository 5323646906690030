/// The simulated town of `bastide demo`: what stands where, what it measures, and what goes wrong.
///
/// - Takes: a seed and a start instant. The same two give the same town and the same days, to the last digit.
/// - Gives: the map as GeoJSON (``TownPlan``), some 400 devices with their profiles (``SimulatedDevice``,
///   ``DeviceProfile``), their readings and payloads at any instant (``CitySimulation``), and incidents to show
///   (``CityEvent``).
/// - Owns: nothing: every answer is a pure function of seed, device and instant, so history and live readings agree.
/// - Relies on: nothing. Opens no socket and asks for no time; whoever connects the devices does.
/// - Formats: GeoJSON (RFC 7946), Smart Data Models names, UN/CEFACT Recommendation 20 units, NGSI-LD concise form.
public struct DemoTown: Sendable {
    /// The map.
    public let plan: TownPlan
    /// All devices, by kind. A device's index here names it everywhere in this module.
    public let devices: [SimulatedDevice]

    /// Builds the town and places its devices: some tenths of a second.
    ///
    /// - Parameter seed: Picks the town.
    public init(seed: UInt64) {
        plan = TownPlan(seed: seed)
        devices = DevicePlacement(plan: plan, seed: SeededRandom.mix(seed, 0x64_65_76)).devices()
    }
}
