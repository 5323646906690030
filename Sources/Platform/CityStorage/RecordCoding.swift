import CityModel

/// The records of the views as bytes: opening a city reads one for each device and each series, and JSON would take
/// most of that time. The journal, which is meant for others' eyes, keeps JSON.
///
/// Fields in the order of the type's declaration; texts and integers as in ``BatchContent``, an optional as 0, or 1 and
/// the value, an enumeration as its place among all cases. The layout belongs to ``ViewStore/layout``.
enum RecordCoding {
    static func encode(_ definition: AttributeDefinition) -> [UInt8] {
        var sink = ByteSink(capacity: 160)
        sink.append(varint: UInt64(definition.series.index))
        sink.append(definition.entity.text)
        sink.append(definition.entityType)
        sink.append(definition.attribute)
        sink.append(optional: definition.unitCode)
        sink.append(optional: definition.device?.text)
        sink.append(definition.agency.text)
        sink.append(definition.zone.text)
        sink.append(place: definition.label.dataClass)
        sink.append(zigzag: definition.label.retentionDays.map { Int64($0) } ?? -1)
        sink.append(definition.label.isCatalogued ? 1 : 0)
        return sink.bytes
    }

    static func definition(_ bytes: [UInt8]) throws(StorageError) -> AttributeDefinition {
        var source = ByteSource(bytes)
        guard let index = UInt32(exactly: try source.varint()) else {
            throw .unreadable("a series number is too large")
        }
        return AttributeDefinition(
            series: SeriesID(index: index), entity: EntityID(try source.text()), entityType: try source.text(),
            attribute: try source.text(), unitCode: try source.optionalText(),
            device: try source.optionalText().map { DeviceID($0) }, agency: AgencyID(try source.text()),
            zone: ZoneID(try source.text()), label: try source.label())
    }

    static func encode(_ device: DeviceRecord) -> [UInt8] {
        var sink = ByteSink(capacity: 256)
        sink.append(device.id.text)
        sink.append(device.agency.text)
        sink.append(device.zone.text)
        sink.append(device.deviceType)
        sink.append(optional: device.displayName)
        sink.append(device.location == nil ? 0 : 1)
        if let location = device.location {
            sink.append(value: .number(location.longitude))
            sink.append(value: .number(location.latitude))
        }
        sink.append(varint: UInt64(device.entities.count))
        for entity in device.entities { sink.append(entity.text) }
        sink.append(device.certificateSerial)
        sink.append(zigzag: device.certificateNotAfter.microseconds)
        sink.append(place: device.status)
        sink.append(zigzag: device.enrolledAt.microseconds)
        sink.append(zigzag: device.statusChangedAt.microseconds)
        sink.append(optional: device.statusReason)
        return sink.bytes
    }

    static func device(_ bytes: [UInt8]) throws(StorageError) -> DeviceRecord {
        var source = ByteSource(bytes)
        return DeviceRecord(
            id: DeviceID(try source.text()), agency: AgencyID(try source.text()), zone: ZoneID(try source.text()),
            deviceType: try source.text(), displayName: try source.optionalText(), location: try source.location(),
            entities: try source.entities(), certificateSerial: try source.text(),
            certificateNotAfter: Timestamp(microseconds: try source.zigzag()), status: try source.place(),
            enrolledAt: Timestamp(microseconds: try source.zigzag()),
            statusChangedAt: Timestamp(microseconds: try source.zigzag()), statusReason: try source.optionalText())
    }
}

extension ByteSink {
    fileprivate mutating func append(optional text: String?) {
        append(text == nil ? 0 : 1)
        if let text { append(text) }
    }

    fileprivate mutating func append<Choice: CaseIterable & Equatable>(place choice: Choice) {
        append(UInt8(Choice.allCases.prefix { $0 != choice }.count))
    }
}

extension ByteSource {
    fileprivate mutating func flag() throws(StorageError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .unreadable("a flag is neither 0 nor 1")
        }
    }

    fileprivate mutating func optionalText() throws(StorageError) -> String? { try flag() ? try text() : nil }

    fileprivate mutating func place<Choice: CaseIterable>() throws(StorageError) -> Choice {
        let place = Int(try byte())
        guard let choice = Choice.allCases.dropFirst(place).first else { throw .unreadable("there is no such choice") }
        return choice
    }

    fileprivate mutating func label() throws(StorageError) -> DataLabel {
        let dataClass: DataClass = try place()
        let days = try zigzag()
        return DataLabel(dataClass: dataClass, retentionDays: days < 0 ? nil : Int(days), isCatalogued: try flag())
    }

    fileprivate mutating func location() throws(StorageError) -> GeoPoint? {
        guard try flag() else { return nil }
        guard case .number(let longitude) = try value(), case .number(let latitude) = try value() else {
            throw .unreadable("a place is not two numbers")
        }
        return GeoPoint(longitude: longitude, latitude: latitude)
    }

    fileprivate mutating func entities() throws(StorageError) -> [EntityID] {
        let number = try count()
        var entities: [EntityID] = []
        entities.reserveCapacity(number)
        for _ in 0..<number { entities.append(EntityID(try text())) }
        return entities
    }
}
