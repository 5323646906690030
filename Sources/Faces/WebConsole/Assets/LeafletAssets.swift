import Foundation

/// Leaflet as Debian's `libjs-leaflet` installs it: read at run time, never part of this project.
public struct LeafletAssets: Sendable {
    /// Where Debian's package `libjs-leaflet` puts it.
    public static let debianDirectory = "/usr/share/javascript/leaflet"

    /// Script, style sheet and its images, named `leaflet/leaflet.js`, `leaflet/leaflet.css`, `leaflet/images/…`.
    let all: [StaticAsset]

    /// Reads the script (the small one where there is one), the style sheet and the images; nil when there is no script
    /// or no style sheet.
    ///
    /// - Parameter directory: Where Leaflet is installed.
    public init?(directory: String) {
        func file(_ path: String) -> [UInt8]? {
            FileManager.default.contents(atPath: "\(directory)/\(path)").map { Array($0) }
        }
        guard let script = file("leaflet.min.js") ?? file("leaflet.js"), let style = file("leaflet.css") else {
            return nil
        }
        let images = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/images")) ?? []
        all =
            [
                StaticAsset(name: "leaflet/leaflet.js", bytes: script),
                StaticAsset(name: "leaflet/leaflet.css", bytes: style),
            ]
            + images.sorted().filter { $0.hasSuffix(".png") }.compactMap { name in
                file("images/\(name)").map { StaticAsset(name: "leaflet/images/\(name)", bytes: $0) }
            }
    }

    func view(prefix: String) -> View {
        ["script": .text("\(prefix)/leaflet/leaflet.js"), "style": .text("\(prefix)/leaflet/leaflet.css")]
    }
}
