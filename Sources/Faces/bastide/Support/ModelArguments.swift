public import ArgumentParser
public import CityModel

/// `active`, `suspended` or `revoked` on the command line.
extension DeviceStatus: ExpressibleByArgument {}
/// `notice`, `warning` or `critical` on the command line.
extension AlertSeverity: ExpressibleByArgument {}
/// `operator` or `auditor` on the command line.
extension PersonRole: ExpressibleByArgument {}
