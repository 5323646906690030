import CityModel
import CityStorage
import JSONBytes
import SparkplugB

extension Understand {
    /// Reads one payload of another layout.
    ///
    /// - Returns: nil when all is understood and appended; otherwise why not, and nothing was appended.
    func payload(
        _ bytes: UnsafeRawBufferPointer, by mapping: PayloadMapping, at now: Timestamp, _ arrivals: ArrivalClock,
        into observations: inout [Observation]
    ) -> Refusal? {
        let understood = mapping.reader.read(bytes, at: now).flatMap { values in
            self.observations(of: values, by: mapping, at: now, arrivals)
        }
        switch understood {
        case .failure(let refusal): return refusal
        case .success(let new):
            observations.append(contentsOf: new)
            return nil
        }
    }

    /// Values as observations of series that have labels. What brings no time shares one instant.
    private func observations(
        of values: [PayloadValue], by mapping: PayloadMapping, at now: Timestamp, _ arrivals: ArrivalClock
    ) -> Result<[Observation], Refusal> {
        guard !values.isEmpty else { return .success([]) }
        for value in values where value.isUnitOfMapping {
            let known = definition(of: value.attribute, of: mapping.entity)?.unitCode
            if let known, let unit = value.unit, unit != known {
                return .failure(
                    Refusal(
                        step: .understand, code: .unitMismatch,
                        message:
                            "at `\(value.source)`: `\(value.attribute)` of `\(mapping.entity)` is kept in `\(known)`, "
                            + "and layout `\(mapping.reader.layout.name)` gives `\(unit)`"))
            }
        }
        let type = mapping.reader.entityType
        let names = Array(Set(values.map(\.attribute))).sorted()
        return entities.defining(names, of: mapping.entity, by: mapping.device) {
            let arrival = values.allSatisfy { $0.observedAt != nil } ? now : arrivals.instant(at: now)
            return values.map { value in
                let number = define(
                    value.attribute, of: mapping.entity, type: type, unit: value.unit, device: mapping.device)
                return Observation(series: number, observedAt: value.observedAt ?? arrival, value: value.value)
            }
        }
    }

    // MARK: Sparkplug B

    /// Reads one message of an edge node.
    ///
    /// - Parameters:
    ///   - bytes: The payload.
    ///   - mapping: Whose it is.
    ///   - now: When it came.
    ///   - clocks: Of all devices: with an edge node, all of its own die.
    ///   - nodes: What is known of edge nodes.
    ///   - replies: Takes the request for a birth.
    ///   - observations: What was understood is appended here.
    /// - Returns: nil when all is understood and appended; otherwise why not, and nothing was appended.
    func sparkplug(
        _ bytes: UnsafeRawBufferPointer, by mapping: SparkplugMapping, at now: Timestamp, _ clocks: ArrivalClocks,
        _ nodes: EdgeNodes, _ replies: PayloadReplies, into observations: inout [Observation]
    ) -> Refusal? {
        let payload: SparkplugPayload
        do throws(SparkplugError) {
            payload = try SparkplugPayload(decoding: bytes)
        } catch {
            return .malformed(error.message)
        }
        guard payload.uuid != SparkplugPayload.compressed else {
            return Refusal(
                step: .understand, code: .unsupported,
                message: "a compressed payload (`\(SparkplugPayload.compressed)`) is not read: send it plain")
        }
        let type = mapping.topic.type
        let (outcome, isToBeAsked) = nodes.receive(payload, by: mapping, at: now)
        switch outcome {
        case .malformed(let why): return .malformed("\(type.rawValue): \(why)")
        case .stale: return nil
        case .rebirthNeeded(let why):
            let hasAsked = isToBeAsked && replies.askForBirth(of: mapping.topic, at: now)
            return .malformed(
                "\(why): the edge node must send its births "
                    + (hasAsked ? "again, and was asked to (`Node Control/Rebirth`)" : "first"))
        case .nodeDied, .deviceDied:
            var gone = observations
            for subject in [mapping.subject] + mapping.devices.sorted(by: { $0.key < $1.key }).map(\.value) {
                // Of devices that it may not speak for, nothing is kept.
                guard case .success(let subject) = subject else { continue }
                let clock = clocks.clock(of: subject.device.id)
                switch self.observations(of: subject.reader.connected(false), by: subject, at: now, clock) {
                case .success(let new): gone.append(contentsOf: new)
                case .failure(let refusal): return refusal
                }
            }
            observations = gone
            return nil
        case .metrics(let readings):
            let isBirth = type == .nodeBirth || type == .deviceBirth
            let understood = mapping.subject.flatMap { subject in
                subject.reader.read(readings, at: now).flatMap { values in
                    let values = isBirth ? values + subject.reader.connected(true) : values
                    return self.observations(of: values, by: subject, at: now, clocks.clock(of: subject.device.id))
                }
            }
            switch understood {
            case .failure(let refusal): return refusal
            case .success(let new):
                observations.append(contentsOf: new)
                return nil
            }
        }
    }
}
