public import MQTTPackets
public import NIOCore

/// One line of a plan: topics of this broker that are given out.
///
///     local    localPrefix  + topic      subscribed to here
///     remote   remotePrefix + topic      published there
///
/// With an empty `topic`, the prefixes are whole topics.
public struct OutwardMapping: Sendable, Equatable {
    /// What is subscribed to here.
    public let localFilter: TopicFilter
    /// All that may be published there.
    public let remoteFilter: TopicFilter
    /// The greatest QoS at which it is given out.
    public let qos: QoS
    /// Taken off the topic name.
    public let localPrefix: String
    /// Put in its place.
    public let remotePrefix: String

    /// A mapping.
    ///
    /// - Parameters:
    ///   - topic: A topic filter without the prefixes; may be empty.
    ///   - qos: The greatest QoS at which messages are given out.
    ///   - localPrefix: What topic names begin with here.
    ///   - remotePrefix: What they begin with there.
    /// - Throws: ``TopicMappingError`` when what comes out is no topic filter.
    public init(topic: String, qos: QoS, localPrefix: String = "", remotePrefix: String = "")
        throws(TopicMappingError)
    {
        localFilter = try TopicMappingError.filter(localPrefix, topic)
        remoteFilter = try TopicMappingError.filter(remotePrefix, topic)
        self.qos = qos
        self.localPrefix = localPrefix
        self.remotePrefix = remotePrefix
    }

    /// The topic name there of a topic name here; nil when the mapping is not for it.
    public func remoteTopic(of local: ByteBuffer) -> ByteBuffer? {
        local.replacingPrefix(localPrefix, with: remotePrefix, where: localFilter)
    }
}

/// One line of a plan: topics of the remote broker that are taken in.
public struct InwardMapping: Sendable, Equatable {
    /// Where messages go on this broker.
    public enum Target: Sendable, Equatable {
        /// To the topic whose prefix was exchanged.
        case topic(localPrefix: String)
        /// To a channel of a device, as if the device had published there.
        case device(NameTemplate, channel: String)
    }

    /// What is subscribed to there.
    public let remoteFilter: TopicFilter
    /// All that may be published here; nil where that is for devices' topics to say.
    public let localFilter: TopicFilter?
    /// The greatest QoS at which it is taken in.
    public let qos: QoS
    /// Taken off the topic name.
    public let remotePrefix: String
    /// Where messages go.
    public let target: Target

    /// A mapping from topics to topics.
    ///
    /// - Parameters:
    ///   - topic: A topic filter without the prefixes; may be empty.
    ///   - qos: The greatest QoS at which messages are taken in.
    ///   - localPrefix: What topic names begin with here.
    ///   - remotePrefix: What they begin with there.
    /// - Throws: ``TopicMappingError`` when what comes out is no topic filter.
    public init(topic: String, qos: QoS, localPrefix: String = "", remotePrefix: String = "")
        throws(TopicMappingError)
    {
        remoteFilter = try TopicMappingError.filter(remotePrefix, topic)
        localFilter = try TopicMappingError.filter(localPrefix, topic)
        self.qos = qos
        self.remotePrefix = remotePrefix
        target = .topic(localPrefix: localPrefix)
    }

    /// A mapping from topics to devices.
    ///
    /// - Parameters:
    ///   - topic: A topic filter without the prefix; may be empty.
    ///   - qos: The greatest QoS at which messages are taken in.
    ///   - remotePrefix: What topic names begin with there.
    ///   - device: Names the device that a message is of.
    ///   - channel: The device's channel: what stands behind its name in its topics.
    /// - Throws: ``TopicMappingError`` when what comes out is no topic filter, or has too few wildcards for the name.
    public init(topic: String, qos: QoS, remotePrefix: String = "", device: NameTemplate, channel: String)
        throws(TopicMappingError)
    {
        remoteFilter = try TopicMappingError.filter(remotePrefix, topic)
        localFilter = nil
        self.qos = qos
        self.remotePrefix = remotePrefix
        let wildcards = remoteFilter.text.split(separator: "/").count { $0 == "+" }
        guard device.highestVariable <= wildcards else {
            throw TopicMappingError(
                "`\(device.text)` needs \(device.highestVariable) levels `+`, and `\(remoteFilter)` has \(wildcards)")
        }
        target = .device(device, channel: channel)
    }

    /// Where a message goes that came on a topic of the remote broker; nil when the mapping is not for it.
    ///
    /// - Parameters:
    ///   - remote: The topic name there.
    ///   - deviceTopic: The topic name here of a device's channel.
    /// - Returns: The topic name here.
    public func localTopic(
        of remote: ByteBuffer, deviceTopic: (_ device: String, _ channel: String) -> String
    ) -> ByteBuffer? {
        switch target {
        case .topic(let localPrefix):
            return remote.replacingPrefix(remotePrefix, with: localPrefix, where: remoteFilter)
        case .device(let template, let channel):
            guard remote.withUnsafeReadableBytes({ remoteFilter.matches($0) }) else { return nil }
            let name = template.name(for: String(buffer: remote), of: remoteFilter)
            return ByteBuffer(string: deviceTopic(name, channel))
        }
    }
}

/// Why a line of a plan is wrong, for people to read.
public struct TopicMappingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) { self.description = description }

    /// The topic filter of a prefix and what stands behind it.
    fileprivate static func filter(_ prefix: String, _ topic: String) throws(TopicMappingError) -> TopicFilter {
        guard !prefix.utf8.contains(where: { [UInt8(ascii: "+"), UInt8(ascii: "#")].contains($0) }) else {
            throw TopicMappingError("the prefix `\(prefix)` has a wildcard")
        }
        do {
            let filter = try TopicFilter(prefix + topic)
            guard filter.shareName == nil else {
                throw TopicMappingError("`\(filter)` is a shared subscription, of which a bridge has none")
            }
            return filter
        } catch let error as TopicFilterError {
            throw TopicMappingError(error.description)
        } catch {
            throw error as? TopicMappingError ?? TopicMappingError("\(error)")
        }
    }
}

extension ByteBuffer {
    /// The topic name with another prefix; nil when the filter does not match, or when nothing would be left.
    fileprivate func replacingPrefix(
        _ old: String, with new: String, where filter: TopicFilter
    ) -> ByteBuffer? {
        guard withUnsafeReadableBytes({ filter.matches($0) }), readableBytesView.starts(with: old.utf8) else {
            return nil
        }
        // Nothing changes: the name is a slice of what came.
        if old == new { return self }
        var topic = ByteBuffer()
        topic.reserveCapacity(readableBytes - old.utf8.count + new.utf8.count)
        topic.writeString(new)
        topic.writeBytes(readableBytesView.dropFirst(old.utf8.count))
        return (1...MQTTLimits.fieldBytes).contains(topic.readableBytes) ? topic : nil
    }
}
