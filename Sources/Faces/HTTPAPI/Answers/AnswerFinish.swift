import HTTPTypes

/// What every answer gets before it leaves: the date, and what holds a browser to it.
struct AnswerFinish: Sendable {
    private let date = HTTPDate()
    private let security: SecurityHeaders

    init(_ security: SecurityHeaders) {
        self.security = security
    }

    func apply(to headers: inout HTTPFields, door: Door) {
        headers.append(date.field)
        security.apply(to: &headers, door: door)
    }
}
