/// The layout of each quarter, by name. Quarters without one (the old town) bring their own streets.
enum QuarterLayouts {
    static func layout(of district: TownDistrict) -> QuarterLayout? {
        switch district.name {
        case "Les Quais": grid(-0.2, (92, 85), bend: 8, gaps: 0.12, across: "Venelle")
        case "Les Tanneries": grid(0.05, (125, 84), bend: 26, gaps: 0.24, collector: 3)
        case "Saint-Martin": grid(0.16, (138, 88), bend: 42, gaps: 0.26, collector: 3)
        case "La Gare": grid(-0.12, (132, 92), bend: 22, gaps: 0.22, collector: 3)
        case "Les Capucins": grid(-0.14, (118, 84), bend: 14, gaps: 0.16, collector: 3)
        case "Les Minimes": grid(0.36, (140, 90), bend: 44, gaps: 0.26, collector: 3)
        case "Les Moulins": grid(-0.3, (138, 90), bend: 38, gaps: 0.25, collector: 3)
        case "Les Ateliers": grid(-0.42, (190, 125), bend: 8, gaps: 0.3)
        case "Le Plateau": grid(0.22, (175, 118), bend: 36, gaps: 0.3, collector: 2, word: "Allée", across: "Square")
        case "Les Vergers": crescents((-640, 1090), (150, 82), bend: 16, gaps: 0.24, word: "Rue", across: "Allée")
        case "Belle-Rive": grid(-0.18, (136, 88), bend: 46, gaps: 0.27, collector: 3)
        case "Les Coteaux": crescents((640, -1060), (170, 92), bend: 26, gaps: 0.3, word: "Chemin", across: "Rue")
        case "Les Hauts de Lys":
            crescents((330, 1840), (190, 92), bend: 22, gaps: 0.34, word: "Allée", across: "Impasse")
        case "Zone de la Save": grid(0.2, (240, 170), bend: 14, gaps: 0.2, collector: 2, word: "Rue", across: "Rue")
        case "Parc du Levant":
            grid(-0.35, (270, 180), bend: 16, gaps: 0.25, collector: 2, word: "Avenue", across: "Rue")
        default: countryLanes(of: district)
        }
    }

    private static func countryLanes(of district: TownDistrict) -> QuarterLayout? {
        guard district.districtClass == .countryside else { return nil }
        return QuarterLayout(
            pattern: .grid(angle: 0.5), spacing: PlanPoint(620, 430), bend: 150, gaps: 0.34, collectorEvery: 0,
            streetClass: .lane, words: ("Chemin", "Chemin"))
    }

    private static func grid(
        _ angle: Double, _ spacing: (Double, Double), bend: Double, gaps: Double, collector: Int = 0,
        word: String = "Rue", across: String = "Rue"
    ) -> QuarterLayout {
        QuarterLayout(
            pattern: .grid(angle: angle), spacing: PlanPoint(spacing.0, spacing.1), bend: bend, gaps: gaps,
            collectorEvery: collector, streetClass: .street, words: (word, across))
    }

    private static func crescents(
        _ centre: (Double, Double), _ spacing: (Double, Double), bend: Double, gaps: Double, word: String,
        across: String
    ) -> QuarterLayout {
        QuarterLayout(
            pattern: .crescents(centre: PlanPoint(centre.0, centre.1)), spacing: PlanPoint(spacing.0, spacing.1),
            bend: bend, gaps: gaps, collectorEvery: 4, streetClass: .street, words: (word, across))
    }
}
