import Glibc
import HTTPTypes
import Synchronization

/// The value of the header `Date` (RFC 9110 §5.6.7), made once a second.
final class HTTPDate: Sendable {
    private let newest = Mutex<(second: Int, field: HTTPField)>((.min, HTTPField(name: .date, value: "")))

    /// The header with the present.
    var field: HTTPField {
        let second = time(nil)
        return newest.withLock { newest in
            if newest.second != second {
                newest = (second, HTTPField(name: .date, value: HTTPDate.text(of: second)))
            }
            return newest.field
        }
    }

    /// A moment, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(of second: Int) -> String {
        var (moment, parts) = (second, tm())
        gmtime_r(&moment, &parts)
        let date = "\(days[Int(parts.tm_wday) % 7]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12])"
        return "\(date) \(parts.tm_year + 1_900) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
