import CityModel
import HTTPTypes
import NGSILD

extension Refusal {
    /// HTTP status, title and, where CIM 009 has one, the NGSI-LD problem. One row per code, no second table anywhere.
    var row: (status: HTTPResponse.Status, title: String, ngsiLD: ProblemCode?) {
        switch code {
        case .notIdentified: (.unauthorized, "Not identified", nil)
        case .certificateExpired: (.forbidden, "The certificate is not valid now", nil)
        case .certificateUntrusted: (.forbidden, "The certificate is not this city's", nil)
        case .certificateNameless: (.forbidden, "The certificate names nobody of this city", nil)
        case .certificateSuperseded: (.forbidden, "The certificate was replaced", nil)
        case .identityInUse: (.conflict, "The identity is in use elsewhere", nil)
        case .deviceUnknown where step == .identify: (.forbidden, "The device is not registered", nil)
        case .deviceUnknown: (.notFound, "No such device", .resourceNotFound)
        case .deviceSuspended: (.forbidden, "The device is suspended", nil)
        case .deviceRevoked where step == .identify: (.forbidden, "The device is revoked", nil)
        case .deviceRevoked: (.conflict, "The device is revoked", nil)
        case .credentialsWrong: (.unauthorized, "Name or password is wrong", nil)
        case .notPermitted: (.forbidden, "Not permitted", nil)
        case .purposeUnknown: (.forbidden, "The purpose is none of the city's", nil)
        case .topicNotOwn: (.forbidden, "Not the device's own topic", nil)
        case .entityNotOwn: (.forbidden, "Not the device's own entity", nil)
        case .zoneMismatch: (.forbidden, "Outside the device's zone", nil)
        case .malformedPacket: (.badRequest, "The request is malformed", .invalidRequest)
        case .malformedPayload: (.badRequest, "The body is not what it should be", .badRequestData)
        case .tooLarge: (.contentTooLarge, "The body is too large", nil)
        case .unitMismatch: (.unprocessableContent, "A value has the wrong unit", .badRequestData)
        case .outOfRange: (.unprocessableContent, "A value is out of range", .badRequestData)
        case .timeOutOfRange: (.unprocessableContent, "A time is out of range", .badRequestData)
        case .attributeUnknown: (.unprocessableContent, "An attribute is unknown", .badRequestData)
        case .unsupported: (.unprocessableContent, "Not supported", .operationNotSupported)
        case .rateLimited: (.tooManyRequests, "Too many requests", nil)
        case .unavailable: (.serviceUnavailable, "Not available now", nil)
        }
    }
}
