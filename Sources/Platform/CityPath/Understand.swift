import CityModel
import CityStorage
import JSONBytes

/// The third step: what does it say? Bytes in, observations out, or a refusal that names the JSON path and what was
/// expected there. The fourth step, ``Classify``, happens where a series is defined: no observation is without a label.
struct Understand: Sendable {
    /// How far ahead of the city's clock a device's may be, in microseconds.
    static let clockTolerance: Int64 = 300_000_000
    /// No reading is older: 2000-01-01T00:00:00Z. Milliseconds that are really seconds lie before it.
    static let earliest = Timestamp(microseconds: 946_684_800_000_000)

    let catalogue: Catalogue
    let classify: Classify
    let series: SeriesTable
    let entities: KnownEntities

    init(catalogue: Catalogue, classify: Classify, series: SeriesTable) {
        self.catalogue = catalogue
        self.classify = classify
        self.series = series
        entities = KnownEntities(series: series)
    }

    /// What small JSON of a device means: one binding for each key of its type.
    func mapping(for device: DeviceRecord) -> Result<ValueMapping, Refusal> {
        guard let type = catalogue.deviceTypes[device.deviceType] else {
            return .failure(
                Refusal(
                    step: .understand, code: .attributeUnknown,
                    message: "no catalogue describes the device type `\(device.deviceType)`: add it under `deviceTypes`"
                ))
        }
        guard let entity = device.entities.first else {
            return .failure(
                Refusal(
                    step: .understand, code: .entityNotOwn, message: "device `\(device.id)` has no entity to speak of"))
        }
        let bindings = type.values.sorted { $0.key < $1.key }.map { key, value in
            let specification = catalogue.specification(of: value, in: type.entityType)
            let number = define(
                value.attribute, of: entity, type: type.entityType, unit: specification.unitCode, device: device)
            return ValueMapping.Binding(
                key: Array(key.utf8), attribute: value.attribute, specification: specification, series: number)
        }
        return .success(ValueMapping(device: device.id, deviceType: device.deviceType, bindings: bindings))
    }

    /// The number of an attribute. Where neither catalogue nor message gives a unit, the one it had stays; a label that
    /// it had becomes stricter, never weaker: what is said later holds for all that was said before.
    func define(
        _ attribute: String, of entity: EntityID, type: String, unit: String?, device: DeviceRecord?
    ) -> SeriesID {
        let known = definition(of: attribute, of: entity)
        let label = classify.label(attribute, of: type, known: known?.label)
        return series.define(attribute, of: entity) { number in
            AttributeDefinition(
                series: number, entity: entity, entityType: type, attribute: attribute,
                unitCode: unit ?? known?.unitCode, device: device?.id, agency: device?.agency ?? AgencyID("city"),
                zone: device?.zone ?? ZoneID("city"), label: label)
        }
    }

    /// What is known of an attribute so far; nil when it was never observed.
    func definition(of attribute: String, of entity: EntityID) -> AttributeDefinition? {
        series.number(of: attribute, of: entity).flatMap(series.definition)
    }

    // MARK: Small JSON

    /// Reads one payload of small JSON: `{"t": …, "v": …}` or several named values.
    ///
    /// `t` is the time: milliseconds since 1970, decimals allowed, or an RFC 3339 date-time; without it, `arrivals` gives
    /// one.
    ///
    /// - Returns: nil when all is understood and appended; otherwise why not, and nothing was appended.
    func values(
        _ bytes: UnsafeRawBufferPointer, by mapping: ValueMapping, at now: Timestamp, _ arrivals: ArrivalClock,
        scratch: inout SmallObject, into observations: inout [Observation]
    ) -> Refusal? {
        do throws(JSONError) {
            try SmallObjectScanner.scan(bytes, into: &scratch)
        } catch {
            return .malformed(error.message)
        }
        let before = observations.count
        var given: Timestamp?
        for index in 0..<scratch.count {
            let member = scratch[index]
            if member.isNamed("t", in: bytes) {
                switch Understand.time(member, in: bytes, now: now) {
                case .success(let time): given = time
                case .failure(let refusal): return undo(&observations, to: before, refusal)
                }
            } else if let refusal = value(member, in: bytes, by: mapping, into: &observations) {
                return undo(&observations, to: before, refusal)
            }
        }
        guard observations.count > before else {
            return .malformed("at `$`: expected at least one of \(mapping.keys), found none of them")
        }
        let time = given ?? arrivals.instant(at: now)
        for index in before..<observations.count { observations[index].observedAt = time }
        return nil
    }

    private func undo(_ observations: inout [Observation], to count: Int, _ refusal: Refusal) -> Refusal {
        observations.removeLast(observations.count - count)
        return refusal
    }

    @inline(__always)
    private func value(
        _ member: SmallObject.Member, in bytes: UnsafeRawBufferPointer, by mapping: ValueMapping,
        into observations: inout [Observation]
    ) -> Refusal? {
        for binding in mapping.bindings
        where binding.key.withUnsafeBytes({ member.isNamed($0, in: bytes) }) {
            let value: AttributeValue
            switch member.kind {
            case .number:
                if let refusal = Understand.check(member.number, binding.specification, binding.key) { return refusal }
                value = .number(member.number)
            case .bool: value = .boolean(member.bool)
            case .string: value = .text(member.string(in: bytes) ?? "")
            case .null, .nested:
                return .malformed(
                    "at `\(Understand.path(binding.key))`: expected a number, text, true or false, found "
                        + (member.kind == .null ? "null" : "an array or object"))
            }
            if member.kind != .number, binding.specification.isOfNumbers {
                return .malformed("at `\(Understand.path(binding.key))`: expected a number, found something else")
            }
            observations.append(
                Observation(series: binding.series, observedAt: Timestamp(microseconds: 0), value: value))
            return nil
        }
        return Refusal(
            step: .understand, code: .attributeUnknown,
            message: "at `$.\(member.name(in: bytes).prefix(64))`: expected one of \(mapping.keys) or `t`: a device of "
                + "type `\(mapping.deviceType)` has no other values")
    }

    private static func path(_ key: [UInt8]) -> String { "$." + String(decoding: key, as: UTF8.self) }

    @inline(__always)
    static func check(
        _ number: Double, _ specification: Catalogue.AttributeSpecification, _ key: [UInt8]
    ) -> Refusal? {
        check(number, specification, at: path(key))
    }

    @inline(__always)
    static func check(
        _ number: Double, _ specification: Catalogue.AttributeSpecification, at path: @autoclosure () -> String
    ) -> Refusal? {
        if let minimum = specification.minimum, number < minimum {
            return .outOfRange("at `\(path())`: expected at least \(minimum), found \(number)")
        }
        if let maximum = specification.maximum, number > maximum {
            return .outOfRange("at `\(path())`: expected at most \(maximum), found \(number)")
        }
        return nil
    }

    @inline(__always)
    private static func time(
        _ member: SmallObject.Member, in bytes: UnsafeRawBufferPointer, now: Timestamp
    ) -> Result<Timestamp, Refusal> {
        let microseconds: Int64
        switch member.kind {
        case .number:
            guard let scaled = member.scaled(byPowerOfTen: 3) else {
                return .failure(.timeOutOfRange("at `$.t`: expected milliseconds since 1970"))
            }
            microseconds = scaled
        case .string:
            let text = member.string(in: bytes) ?? ""
            do throws(RFC3339.Failure) {
                microseconds = try RFC3339.microseconds(parsing: text)
            } catch {
                return .failure(
                    .malformed("at `$.t`: expected an RFC 3339 date-time, found `\(text.prefix(64))`: \(error.reason)"))
            }
        case .bool, .null, .nested:
            return .failure(.malformed("at `$.t`: expected milliseconds since 1970 or an RFC 3339 date-time"))
        }
        return check(
            time: Timestamp(microseconds: microseconds), now: now, path: "$.t",
            hint: member.kind == .number ? "; `t` counts milliseconds, not seconds" : "")
    }

    @inline(__always)
    static func check(
        time: Timestamp, now: Timestamp, path: String, hint: String = ""
    ) -> Result<Timestamp, Refusal> {
        guard time.microseconds <= now.microseconds + clockTolerance else {
            return .failure(
                .timeOutOfRange(
                    "at `\(path)`: \(RFC3339.string(time.microseconds)) lies more than five minutes in the future; "
                        + "the city's clock says \(RFC3339.string(now.microseconds))"))
        }
        guard time.microseconds >= earliest.microseconds else {
            return .failure(
                .timeOutOfRange(
                    "at `\(path)`: \(RFC3339.string(time.microseconds)) lies before the year 2000\(hint)"))
        }
        return .success(time)
    }

    /// What the city itself says of an entity: a device's name and place, from the registry.
    func statement(
        _ value: AttributeValue, as attribute: String, of entity: EntityID, type: String, device: DeviceRecord,
        at now: Timestamp
    ) -> Observation {
        let number = define(attribute, of: entity, type: type, unit: nil, device: device)
        return Observation(series: number, observedAt: now, value: value)
    }
}

extension Refusal {
    static func malformed(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .malformedPayload, message: message)
    }

    static func outOfRange(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .outOfRange, message: message)
    }

    static func timeOutOfRange(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .timeOutOfRange, message: message)
    }
}
