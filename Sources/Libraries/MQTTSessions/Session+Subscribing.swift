public import MQTTPackets

/// What became of one topic filter of a SUBSCRIBE.
public enum SubscribeOutcome: Sendable, Equatable {
    /// Serve it like this; SUBACK says ``ReasonCode/init(granting:)``. Whether it is new matters for retained messages.
    case granted(SubscriptionGrant, isNew: Bool)
    /// SUBACK says this.
    case refused(ReasonCode)
    /// The connection is to be closed.
    case violation(SessionViolation)
}

extension SubscribeOutcome {
    /// Whether retained messages are to be sent (5.0 §3.8.3.1). Never for shared subscriptions (5.0 §4.8.2).
    ///
    /// - Parameter filter: What was subscribed to.
    /// - Returns: Whether they are.
    public func wantsRetained(for filter: TopicFilter) -> Bool {
        guard case .granted(let grant, let isNew) = self, filter.shareName == nil else { return false }
        switch grant.options.retainHandling {
        case .send: return true
        case .sendIfNew: return isNew
        case .doNotSend: return false
        }
    }
}

// MARK: Subscriptions of the client

extension Session {
    /// The client subscribes: takes the subscription down, or replaces the one to the same filter [MQTT-3.8.4-3].
    ///
    /// Whether the client may, the shell has found out before.
    ///
    /// - Parameters:
    ///   - filter: To what.
    ///   - options: How; the QoS granted is at most ``SessionLimits/maximumQoS``.
    ///   - identifier: The subscription identifier of the SUBSCRIBE; nil for none.
    ///   - outbox: Takes the change. SUBACK is to be sent after its commit.
    /// - Returns: What SUBACK says; a violation for No Local on a shared subscription [MQTT-3.8.3-4].
    public mutating func subscribe(
        _ filter: TopicFilter, options: SubscriptionOptions, identifier: UInt32?, into outbox: inout Outbox
    ) -> SubscribeOutcome {
        guard !options.noLocal || filter.shareName == nil else {
            return .violation(
                SessionViolation(.protocolError, "No Local on a shared subscription", clause: "MQTT-3.8.3-4"))
        }
        let isNew = subscriptions[filter] == nil
        guard !isNew || subscriptions.count < limits.subscriptions else { return .refused(.quotaExceeded) }
        var options = options
        options.maximumQoS = min(options.maximumQoS, limits.maximumQoS)
        let grant = SubscriptionGrant(options: options, subscriptionIdentifier: identifier)
        subscriptions[filter] = grant
        if isDurable { outbox.changes.append(.subscribe(filter, grant)) }
        return .granted(grant, isNew: isNew)
    }

    /// The client gives a subscription up. What is queued for it is still delivered (5.0 §3.10.4).
    ///
    /// - Parameters:
    ///   - filter: As it was subscribed to, byte for byte [MQTT-3.10.4-1].
    ///   - outbox: Takes the change. UNSUBACK is to be sent after its commit.
    /// - Returns: Whether there was such a subscription; otherwise UNSUBACK says 0x11.
    public mutating func unsubscribe(_ filter: TopicFilter, into outbox: inout Outbox) -> Bool {
        guard subscriptions.removeValue(forKey: filter) != nil else { return false }
        if isDurable { outbox.changes.append(.unsubscribe(filter)) }
        return true
    }
}
