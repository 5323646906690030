extension WeeklyShape {
    /// Traffic towards work: the morning is sharp.
    static let inbound = WeeklyShape(
        workday: [
            0.07, 0.04, 0.03, 0.03, 0.06, 0.18, 0.45, 0.86, 1.00, 0.70, 0.50, 0.48, 0.55, 0.56, 0.52, 0.52, 0.60, 0.72,
            0.70, 0.48, 0.32, 0.23, 0.16, 0.11,
        ], saturday: weekendTraffic, sunday: sundayTraffic)
    /// Traffic towards home: the evening is broad.
    static let outbound = WeeklyShape(
        workday: [
            0.08, 0.05, 0.03, 0.03, 0.05, 0.12, 0.30, 0.62, 0.76, 0.56, 0.46, 0.49, 0.60, 0.58, 0.54, 0.60, 0.82, 1.00,
            0.96, 0.66, 0.42, 0.29, 0.20, 0.13,
        ], saturday: weekendTraffic, sunday: sundayTraffic)

    private static let weekendTraffic = [
        0.12, 0.08, 0.05, 0.04, 0.04, 0.07, 0.12, 0.22, 0.36, 0.52, 0.64, 0.68, 0.62, 0.55, 0.58, 0.62, 0.64, 0.62,
        0.54, 0.42, 0.33, 0.27, 0.23, 0.17,
    ]
    private static let sundayTraffic = [
        0.13, 0.09, 0.06, 0.04, 0.03, 0.04, 0.07, 0.11, 0.18, 0.29, 0.42, 0.50, 0.44, 0.36, 0.40, 0.46, 0.50, 0.54,
        0.50, 0.38, 0.27, 0.19, 0.13, 0.09,
    ]

    /// People out in the old town: terraces on Friday and Saturday evenings would be two shapes; one will do.
    static let terraces = WeeklyShape(
        workday: [
            0.10, 0.05, 0.03, 0.02, 0.02, 0.03, 0.06, 0.14, 0.24, 0.30, 0.36, 0.46, 0.70, 0.66, 0.46, 0.42, 0.46, 0.56,
            0.70, 0.78, 0.74, 0.58, 0.38, 0.20,
        ],
        saturday: [
            0.24, 0.14, 0.06, 0.03, 0.02, 0.03, 0.06, 0.20, 0.50, 0.80, 0.92, 0.90, 0.84, 0.72, 0.62, 0.66, 0.70, 0.74,
            0.86, 1.00, 1.00, 0.92, 0.76, 0.52,
        ],
        sunday: [
            0.30, 0.16, 0.07, 0.03, 0.02, 0.02, 0.03, 0.07, 0.16, 0.34, 0.48, 0.58, 0.66, 0.58, 0.46, 0.46, 0.46, 0.44,
            0.42, 0.40, 0.34, 0.24, 0.16, 0.10,
        ])

    /// Water drawn by households: a morning and an evening peak, and the night flow that never stops.
    static let water = WeeklyShape(
        workday: [
            0.24, 0.19, 0.17, 0.17, 0.19, 0.34, 0.74, 1.00, 0.92, 0.72, 0.60, 0.60, 0.70, 0.66, 0.54, 0.50, 0.54, 0.66,
            0.82, 0.92, 0.82, 0.64, 0.46, 0.32,
        ],
        saturday: [
            0.28, 0.21, 0.18, 0.17, 0.18, 0.22, 0.36, 0.62, 0.90, 1.00, 0.94, 0.84, 0.80, 0.72, 0.62, 0.58, 0.60, 0.68,
            0.80, 0.84, 0.76, 0.62, 0.50, 0.38,
        ],
        sunday: [
            0.30, 0.23, 0.18, 0.17, 0.17, 0.20, 0.30, 0.50, 0.80, 1.00, 1.00, 0.92, 0.86, 0.76, 0.64, 0.58, 0.58, 0.66,
            0.78, 0.86, 0.78, 0.60, 0.44, 0.31,
        ])

    /// What goes into the bins.
    static let waste = WeeklyShape(
        workday: [
            0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 0.9, 1.1, 1.1, 1.1, 1.3, 1.7, 1.6, 1.3, 1.2, 1.3, 1.6, 2.0, 2.1, 1.7,
            1.2, 0.8, 0.4,
        ],
        saturday: [
            0.4, 0.2, 0.1, 0.1, 0.1, 0.2, 0.4, 0.8, 1.4, 1.9, 2.2, 2.3, 2.2, 1.9, 1.7, 1.7, 1.8, 1.9, 2.1, 2.2, 2.0,
            1.6, 1.2, 0.8,
        ],
        sunday: [
            0.5, 0.3, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 0.9, 1.4, 1.7, 1.9, 2.1, 1.9, 1.5, 1.4, 1.4, 1.5, 1.6, 1.6, 1.3,
            0.9, 0.6, 0.4,
        ])

    /// Share of a car park's spaces taken, by who parks there.
    static func parking(_ use: DeviceTraits.Use) -> WeeklyShape {
        switch use {
        case .offices: officeParking
        case .shops: shopParking
        case .residents: residentParking
        case .station: stationParking
        }
    }

    private static let quiet = Array(repeating: 0.08, count: 24)
    private static let officeParking = WeeklyShape(
        workday: [
            0.06, 0.06, 0.06, 0.06, 0.06, 0.07, 0.14, 0.40, 0.74, 0.90, 0.94, 0.93, 0.82, 0.80, 0.92, 0.93, 0.84, 0.62,
            0.34, 0.18, 0.12, 0.09, 0.07, 0.06,
        ], saturday: quiet, sunday: quiet)
    private static let stationParking = WeeklyShape(
        workday: [
            0.20, 0.20, 0.20, 0.20, 0.21, 0.27, 0.52, 0.80, 0.93, 0.96, 0.96, 0.95, 0.94, 0.94, 0.93, 0.90, 0.80, 0.62,
            0.44, 0.33, 0.27, 0.24, 0.22, 0.21,
        ], saturday: Array(repeating: 0.26, count: 24), sunday: Array(repeating: 0.22, count: 24))
    private static let shopParking = WeeklyShape(
        workday: [
            0.14, 0.13, 0.12, 0.12, 0.12, 0.13, 0.16, 0.24, 0.38, 0.54, 0.66, 0.70, 0.64, 0.58, 0.62, 0.68, 0.74, 0.78,
            0.72, 0.56, 0.44, 0.34, 0.24, 0.18,
        ],
        saturday: [
            0.17, 0.15, 0.13, 0.12, 0.12, 0.14, 0.22, 0.44, 0.74, 0.92, 0.97, 0.96, 0.86, 0.76, 0.82, 0.88, 0.90, 0.86,
            0.76, 0.66, 0.58, 0.48, 0.36, 0.25,
        ],
        sunday: [
            0.20, 0.17, 0.14, 0.12, 0.12, 0.12, 0.13, 0.16, 0.22, 0.32, 0.42, 0.46, 0.44, 0.40, 0.38, 0.38, 0.38, 0.36,
            0.34, 0.32, 0.28, 0.23, 0.18, 0.15,
        ])
    private static let residentParking = WeeklyShape(
        workday: [
            0.92, 0.93, 0.93, 0.93, 0.92, 0.89, 0.80, 0.62, 0.46, 0.40, 0.38, 0.38, 0.42, 0.42, 0.40, 0.41, 0.47, 0.58,
            0.70, 0.79, 0.84, 0.87, 0.90, 0.91,
        ],
        saturday: [
            0.92, 0.92, 0.93, 0.93, 0.92, 0.91, 0.88, 0.82, 0.74, 0.66, 0.60, 0.58, 0.62, 0.64, 0.60, 0.58, 0.60, 0.66,
            0.72, 0.77, 0.79, 0.82, 0.86, 0.89,
        ],
        sunday: [
            0.90, 0.92, 0.93, 0.93, 0.93, 0.92, 0.91, 0.89, 0.86, 0.80, 0.74, 0.72, 0.74, 0.72, 0.68, 0.66, 0.68, 0.74,
            0.80, 0.85, 0.88, 0.90, 0.91, 0.92,
        ])
}
