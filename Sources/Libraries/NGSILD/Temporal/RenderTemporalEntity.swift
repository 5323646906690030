public import JSONBytes

/// The history of an entity as it shall be written (CIM 009 §4.5.6 to §4.5.9).
public struct RenderTemporalEntity: Sendable, Hashable {
    /// A URI.
    public var id: String
    /// Short names, one or more.
    public var types: [String]
    /// Series of one name side by side, in the order they shall be written.
    public var series: [AttributeSeries]
    /// Written if there are any.
    public var scopes: [String]

    /// The history of an entity.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - types: Short names, one or more.
    ///   - series: Series of one name side by side.
    ///   - scopes: May be empty.
    public init(id: String, types: [String], series: [AttributeSeries], scopes: [String] = []) {
        self.id = id
        self.types = types
        self.series = series
        self.scopes = scopes
    }

    /// Writes the history as one JSON object.
    ///
    /// - Parameters:
    ///   - writer: Where to write; may stand inside an array.
    ///   - representation: Instances in full, or pairs of value and time.
    ///   - timeProperty: What the instants are: the property that the request chose.
    public func write(
        to writer: inout JSONWriter, as representation: TemporalRepresentation = .normalized,
        timeProperty: TemporalQuery.TimeProperty = .observedAt
    ) {
        writer.beginObject()
        writer.header(id: id, types: types, scopes: scopes)
        var start = 0
        while start < series.count {
            var end = start + 1
            while end < series.count, series[end].name == series[start].name { end += 1 }
            writer.key(series[start].name)
            switch representation {
            case .normalized: writer.instances(series[start..<end], timeProperty)
            case .temporalValues: writer.temporalValues(series[start..<end])
            }
            start = end
        }
        writer.endObject()
    }
}

/// The values over time of one attribute, or of one dataset of it.
public struct AttributeSeries: Sendable, Hashable {
    /// One value and its time.
    public struct Instance: Sendable, Hashable {
        /// In microseconds since 1970.
        public var instant: Int64
        /// As ``Attribute/value``.
        public var value: JSONValue
        /// A URI that names this instance (CIM 009 §4.5.7); written in full representations.
        public var instanceId: String?

        /// One value and its time.
        ///
        /// - Parameters:
        ///   - value: As ``Attribute/value``.
        ///   - instant: In microseconds since 1970.
        ///   - instanceId: A URI that names this instance.
        public init(_ value: JSONValue, at instant: Int64, instanceId: String? = nil) {
            self.instant = instant
            self.value = value
            self.instanceId = instanceId
        }
    }

    /// A short name.
    public var name: String
    /// What the values mean.
    public var kind: AttributeKind
    /// UN/CEFACT common code of the unit of all values.
    public var unitCode: String?
    /// Which of several datasets; nil for the default one.
    public var datasetId: String?
    /// In the order they shall be written.
    public var instances: [Instance]

    /// A series.
    ///
    /// - Parameters:
    ///   - name: A short name.
    ///   - kind: What the values mean.
    ///   - unitCode: UN/CEFACT common code of the unit of all values.
    ///   - datasetId: Which of several datasets; nil for the default one.
    ///   - instances: In the order they shall be written.
    public init(
        _ name: String, kind: AttributeKind = .property, unitCode: String? = nil, datasetId: String? = nil,
        instances: [Instance]
    ) {
        self.name = name
        self.kind = kind
        self.unitCode = unitCode
        self.datasetId = datasetId
        self.instances = instances
    }
}

extension JSONWriter {
    fileprivate mutating func instances(
        _ group: ArraySlice<AttributeSeries>, _ timeProperty: TemporalQuery.TimeProperty
    ) {
        beginArray()
        for series in group {
            for instance in series.instances {
                beginObject()
                key("type")
                string(series.kind.rawValue)
                key(series.kind.valueMember)
                value(instance.value)
                if let unitCode = series.unitCode {
                    key("unitCode")
                    string(unitCode)
                }
                key(timeProperty.rawValue)
                timestamp(instance.instant)
                if let datasetId = series.datasetId {
                    key("datasetId")
                    string(datasetId)
                }
                if let instanceId = instance.instanceId {
                    key("instanceId")
                    string(instanceId)
                }
                endObject()
            }
        }
        endArray()
    }

    /// One object, or an array of them where there are several datasets.
    fileprivate mutating func temporalValues(_ group: ArraySlice<AttributeSeries>) {
        if group.count > 1 { beginArray() }
        for series in group { pairs(of: series) }
        if group.count > 1 { endArray() }
    }

    private mutating func pairs(of series: AttributeSeries) {
        beginObject()
        key("type")
        string(series.kind.rawValue)
        if let datasetId = series.datasetId {
            key("datasetId")
            string(datasetId)
        }
        key(series.kind.seriesMember)
        beginArray()
        for instance in series.instances {
            beginArray()
            if series.kind.isWrappedWhenSimplified {
                beginObject()
                key(series.kind.valueMember)
                value(instance.value)
                endObject()
            } else {
                value(instance.value)
            }
            timestamp(instance.instant)
            endArray()
        }
        endArray()
        endObject()
    }
}
