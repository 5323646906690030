/// Hands out street names, each at most once.
struct StreetNames: Sendable {
    private let names: [String]
    private var position = 0
    private var taken: Set<String> = []

    init(random: inout SeededRandom) {
        var names = StreetNames.pool + StreetNames.saints.map { "Saint-\($0)" }
        random.shuffle(&names)
        self.names = names
    }

    /// The next free name, with the word for its kind of street before it ("Rue des Tisserands"), or another word once
    /// that one is used up.
    mutating func next(_ word: String) -> String {
        for word in [word] + StreetNames.otherWords {
            for _ in names {
                position = (position + 1) % names.count
                let name = "\(word) \(names[position])"
                if taken.insert(name).inserted { return name }
            }
        }
        return "Chemin rural n° \(taken.count)"
    }

    private static let otherWords = ["Allée", "Rue", "Chemin", "Cours", "Sente"]

    private static let saints = [
        "Amans", "Antonin", "Aubin", "Avit", "Barthélemy", "Blaise", "Caprais", "Cirq", "Clair", "Clar", "Côme",
        "Cricq",
        "Cyprien", "Denis", "Éloi", "Ferréol", "Fort", "Gaudens", "Germier", "Girons", "Hilaire", "Jory", "Lary",
        "Léonard",
        "Lizier", "Lys", "Mamet", "Maur", "Médard", "Mont", "Nauphary", "Orens", "Papoul", "Porquier", "Projet", "Puy",
        "Roch", "Rustice", "Salvy", "Sardos", "Sernin", "Sever", "Sulpice", "Urcisse", "Vincent", "Ybars", "Yrieix",
    ]

    private static let pool: [String] = [
        "des Acacias", "des Alouettes", "des Amandiers", "d'Aquitaine", "des Arènes", "d'Armagnac", "de l'Aubépine",
        "de l'Autan", "des Barrières", "du Béarn", "de la Bergerie", "des Bleuets", "du Bois Joli", "des Bouleaux",
        "de la Briqueterie", "des Bruyères", "du Calvaire", "des Camélias", "du Canal", "des Cerisiers",
        "de la Chapelle",
        "des Charmes", "des Chênes", "du Chèvrefeuille", "de la Cigogne", "des Clématites", "du Cloître",
        "des Colombes",
        "de la Combe", "des Coquelicots", "des Cordiers", "des Cordonniers", "du Couvent", "de la Croix Blanche",
        "des Cyprès", "de l'École", "des Écureuils", "des Églantines", "de l'Espérance", "des Fauvettes", "du Figuier",
        "de la Fontaine", "du Forail", "des Forgerons", "du Four à Chaux", "des Fresnes", "de Gascogne", "des Genêts",
        "des Glycines", "de la Grange", "du Gué", "de Guyenne", "du Haras", "des Hirondelles", "de l'Horloge",
        "des Iris", "du Jardin Public", "des Jasmins", "du Languedoc", "des Lauriers", "du Lavoir", "des Lilas",
        "de la Magdelaine", "des Magnolias", "de la Marne", "des Marronniers", "des Martyrs", "du Mas Vieux",
        "de la Métairie", "des Mésanges", "du Midi Blanc", "des Mimosas", "du Moulin à Vent", "des Mûriers",
        "des Narcisses", "des Noisetiers", "des Noyers", "de l'Olivier", "des Ormeaux", "de l'Orangerie", "d'Occitanie",
        "du Palombier", "de la Paix", "des Peupliers", "du Périgord", "des Pins", "des Platanes", "de la Poudrière",
        "du Pré Long", "des Primevères", "des Pruniers", "du Puits Neuf", "de Quercy", "de la République",
        "des Romarins", "des Rosiers", "du Rossignol", "de Rouergue", "du Safran", "des Sainfoins", "du Salat",
        "des Saules", "de la Sablière", "du Séquoia", "de la Source", "des Sorbiers", "du Stade", "des Tilleuls",
        "des Tisserands", "de la Tour", "du Tournesol", "des Troènes", "de la Tuilerie", "du Vallon", "de Verdun",
        "des Vendanges", "de la Verrerie", "du Verger", "des Violettes", "du Viaduc", "de Gimone", "de la Baïse",
        "du Gers", "de l'Arrats", "de l'Isle Haute", "du Tarn", "de la Garonne", "du Lauragais", "de Comminges",
        "de Bigorre", "des Pyrénées", "de l'Aubrac", "du Vent d'Ouest", "des Vieux Chais", "des Maraîchers",
        "des Potiers", "du Bel Air", "du Point du Jour", "de la Gravière", "des Lavandes", "du Thym", "de la Sauge",
        "des Cigales", "du Grand Pré", "des Trois Fontaines", "de la Belle Étoile", "du Pigeonnier",
        "des Coteaux Verts",
    ]
}
