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
            "Where devices connect: MQTT over TLS with client certificates. Port 0 lets the system choose."),
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
            "The most QoS 1 messages a peer may have unacknowledged (MQTT 5.0 §3.2.2.3.3)."),
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
        Setting("logging.level", \.loggingLevel, .level, "The least serious message that is logged."),
        Setting("logging.format", \.loggingFormat, .logFormat, "`text` for people, `json` for log collectors."),
        Setting(
            "simulation", \.isSimulation, .flag,
            "Whether the city is invented: every screen says so. Set by `bastide demo`."),
    ]
}
