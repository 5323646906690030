extension CityConfiguration {
    /// Every setting there is, in the order in which `city.yaml` has them. Reading, `bastide init`, `bastide settings`
    /// and the documentation all come from this table.
    static let settings: [Setting] = [
        Setting(
            "city.name", \.cityName, .cityName, isRequired: true,
            "The city's name, on screens and in certificates."),
        Setting(
            "city.domain", \.domain, .domain, isRequired: true,
            """
            The city's domain: the trust domain of all identities and, with /ledger behind it, the name of the ledger. \
            It cannot be changed once the city is made.
            """),
        Setting(
            "listen.mqtt", \.mqtt, .listenAddress,
            "Where devices connect: MQTT over TLS, with client certificates or tokens. Port 0 lets the system choose."),
        Setting(
            "listen.mqttWebSocket", \.mqttWebSocket, .optionalAddress,
            """
            Where browsers connect: MQTT over WebSocket (`/mqtt`) over TLS, with client certificates or tokens. \
            Usually `0.0.0.0:8884`; nowhere, when nothing is said.
            """),
        Setting(
            "listen.https", \.https, .listenAddress,
            "Where people and programs connect: the console, NGSI-LD and the platform's own API."),
        Setting(
            "server.names", \.serverNames, .serverNames,
            """
            The DNS names and IP addresses under which the city is reached: its server certificate bears them. A \
            change takes effect at the next start, with a new certificate.
            """),
        Setting(
            "mqtt.maximumPacketBytes", \.mqttMaximumPacketBytes, .wholeNumber(in: 1_024...16_777_216, of: "bytes"),
            "The largest MQTT packet that is accepted."),
        Setting(
            "mqtt.maximumConnections", \.mqttMaximumConnections, .wholeNumber(in: 1...1_000_000, of: "connections"),
            "The most peers that may be connected over MQTT at one time."),
        Setting(
            "mqtt.receiveMaximum", \.mqttReceiveMaximum, .wholeNumber(in: 1...65_535, of: "messages"),
            "The most messages of QoS 1 and 2 a peer may have unacknowledged (MQTT 5.0 §3.2.2.3.3)."),
        Setting(
            "mqtt.queuedMessages", \.mqttQueuedMessages, .wholeNumber(in: 1...1_000_000, of: "messages"),
            """
            The most messages that wait for one client. When there are more, the oldest of QoS 0 are dropped; when there \
            are none, the client is disconnected with the reason 0x97.
            """),
        Setting(
            "mqtt.sessionsPerPrincipal", \.mqttSessionsPerPrincipal, .wholeNumber(in: 1...1_000_000, of: "sessions"),
            """
            The most MQTT sessions of one device, person or service, connected or kept for it. One more is refused \
            with 0x97, in 3.1.1 with 3.
            """),
        Setting(
            "mqtt.messagesPerSecond", \.mqttMessagesPerSecond, .wholeNumber(in: 0...1_000_000, of: "messages"),
            """
            The most messages a second that a device, person or service may publish over MQTT, 0 for any number. Who \
            publishes more is read from more slowly; what is not used is saved for ten seconds.
            """),
        Setting(
            "mqtt.bytesPerSecond", \.mqttBytesPerSecond, .wholeNumber(in: 0...1_000_000_000, of: "bytes"),
            "The same in bytes of PUBLISH packets, 0 for any number."),
        Setting(
            "mqtt.sessionExpirySeconds", \.mqttSessionExpirySeconds, .wholeNumber(in: 0...4_294_967_295, of: "seconds"),
            """
            The longest that an MQTT session outlives its connection, whatever the client asks for; 4294967295 for \
            ever (MQTT 5.0 §3.1.2.11.2).
            """),
        Setting(
            "mqtt.keepAliveSeconds", \.mqttKeepAliveSeconds, .wholeNumber(in: 1...65_535, of: "seconds"),
            "The longest keep-alive; a client that asks for more, or for none, is told this one (MQTT 5.0 §3.2.2.3.14)."
        ),
        Setting(
            "mqtt.proxyProtocol", \.mqttProxyProtocol, .flag,
            """
            Whether a load balancer stands before the MQTT listeners and begins each connection with a PROXY header, \
            version 2. Nobody else may then be able to reach them.
            """),
        Setting(
            "mqtt.topics", \.topics, .topics,
            """
            Below which topics devices speak and are spoken to, the pattern for new devices first. The first level of \
            each is the city's own; all other topics are applications'.
            """),
        Setting(
            "http.maximumBodyBytes", \.httpMaximumBodyBytes, .wholeNumber(in: 1_024...67_108_864, of: "bytes"),
            "The largest HTTP request body that is accepted."),
        Setting(
            "map.tileURL", \.tileURL, .tileURL,
            """
            A tile server under the city's own plan on the map. Browsers of the console load tiles from it; nothing \
            else leaves the city.
            """),
        Setting("map.attribution", \.tileAttribution, .words, "Whom the makers of the tiles want to be named."),
        Setting(
            "map.leafletDirectory", \.leafletDirectory, .directory,
            "Where Leaflet is installed (Debian: libjs-leaflet). Without it the map is a plain drawing."),
        Setting(
            "zones", \.zones, .zones,
            """
            From which networks the devices of a zone may connect (IEC 62443). A zone that is not named here, or has \
            no networks, may connect from anywhere.
            """),
        Setting(
            "bridges", \.bridges, .bridges,
            """
            Bridges to other MQTT brokers: which of their topics come in, and which of the city's go out. Each is \
            explained in docs/bridge.md.
            """),
        Setting("logging.level", \.loggingLevel, .level, "The least serious message that is logged."),
        Setting("logging.format", \.loggingFormat, .logFormat, "`text` for people, `json` for log collectors."),
        Setting(
            "simulation", \.isSimulation, .flag,
            "Whether the city is invented: every screen says so. Set by `bastide demo`."),
    ]
}
