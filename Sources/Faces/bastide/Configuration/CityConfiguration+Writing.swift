extension CityConfiguration {
    /// The text of `city.yaml` with these values, every setting explained where it stands.
    var yaml: String {
        var lines = [
            "# \(cityName)'s configuration. Read once, at the start; `bastide doctor` checks it at any time.",
            "# Each value can be given in the environment too, under the name in parentheses.",
        ]
        var section: String?
        for setting in CityConfiguration.settings {
            let path = setting.path
            lines.append("")
            if path.section != section {
                section = path.section
                if let section { lines.append("\(section):") }
            }
            let indent = path.section == nil ? "" : "  "
            lines += setting.comment(width: 118 - indent.count).map { "\(indent)# \($0)" }
            let value = setting.text(in: self)
            lines.append(value.isEmpty ? "\(indent)# \(path.name):" : "\(indent)\(path.name): \(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Setting {
    /// What the setting is for and what is expected, in lines of at most `width` characters.
    fileprivate func comment(width: Int) -> [String] {
        var lines: [String] = []
        for paragraph in [documentation, "Expected: \(expected) (\(environmentName))"] {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = ""
                }
                line += line.isEmpty ? String(word) : " \(word)"
            }
            lines.append(line)
        }
        return lines
    }
}
