/// How long things may take, and how much of them there may be. One value, so that tests can be impatient.
package struct HTTPLimits: Sendable {
    /// A connection that has not sent a byte of a request by then is closed: half-open handshakes must not take all
    /// places.
    package var firstRequest = Duration.seconds(20)
    /// A connection on which nothing is asked for this long is closed; so is one whose request does not get on.
    package var idle = Duration.seconds(60)
    /// A connection of HTTP/2 without a stream is told to go away after this long: browsers keep one between pages.
    package var http2Idle = Duration.seconds(120)
    /// A peer of HTTP/2 that was told to go away and stays is cut off after this long; what it had asked for before is
    /// answered by then.
    package var goAway = Duration.seconds(10)
    /// When the city stops, a connection on which something was asked is closed after this long, answered or not.
    package var farewell = Duration.seconds(5)
    /// An answer that its reader has not taken by then is given up, and the connection with it.
    package var answer = Duration.seconds(60)
    /// What a client goes on sending of a request that was answered already is thrown away for this long.
    package var unreadBody = Duration.seconds(2)
    /// Connections to the guarded port from one place: a quarter of all that there may be, so that nobody takes them
    /// all, and enough for a proxy.
    package var connectionsFromOnePlace = 1_024
    /// How often it is asked again whether a reader of events may read them.
    package var eventRecheck = Duration.seconds(2)
    /// A stream of events ends after this long; its reader comes back, and is identified anew.
    package var eventLifetime = Duration.seconds(3_600)

    package init() {}
}
