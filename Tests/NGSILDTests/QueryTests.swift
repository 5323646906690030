import JSONBytes
import NGSILD
import Testing

@Suite("Query language (CIM 009 §4.9)")
struct QueryTests {
    static let entity = """
        {"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle",
         "speed":{"type":"Property","value":55,"unitCode":"KMH","observedAt":"2018-08-01T12:03:00Z",
                  "accuracy":{"type":"Property","value":0.9,"method":{"type":"Property","value":"radar"}}},
         "brandName":{"type":"Property","value":"Mercedes"},"isOpen":{"type":"Property","value":true},
         "colors":{"type":"Property","value":["blue","red"]},"counts":{"type":"Property","value":[1,5]},
         "address":{"type":"Property","value":{"city":"Berlin","geo":{"zone":7}}},
         "isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:Downtown1"},
         "owners":{"type":"Relationship","object":["urn:x:Ann","urn:x:Bob"]},
         "route":{"type":"ListRelationship","objectList":["urn:x:Stop1","urn:x:Stop2"]},
         "label":{"type":"LanguageProperty","languageMap":{"en":"red","fr":["rouge","carmin"]}},
         "gender":{"type":"VocabProperty","vocab":"Male"},"raw":{"type":"JsonProperty","json":{"id":"85a6","value":"Overstay"}},
         "started":{"type":"Property","value":"2020-05-01T10:00:00+02:00"},"day":{"type":"Property","value":"2020-05-01"},
         "hour":{"type":"Property","value":"10:30:00Z"},"typed":{"type":"Property","value":{"@type":"DateTime","@value":"2021-01-01T00:00:00Z"}},
         "level":[{"type":"Property","value":1},{"type":"Property","value":9,"datasetId":"urn:d:2"}]}
        """

    private func matches(_ query: String) throws -> Bool {
        let fragment = try fragment(Self.entity)
        let entity = Entity(
            id: "urn:x", types: fragment.types, attributes: fragment.attributes, createdAt: 1_577_836_800_000_000)
        let parsed = try QueryExpression(parsing: query)
        let needed = fragment.attributes.filter { parsed.attributeNames.contains($0.name) }
        #expect(parsed.matches(entity) == parsed.matches(needed) || query.contains("createdAt"))
        return parsed.matches(entity)
    }

    @Test(
        "matches",
        arguments: [
            "speed", "speed==55", "speed==55.0", "speed!=54", "speed>54.9", "speed>=55", "speed<56", "speed<=55",
            "speed==1,55",
            "speed==50..60", "speed!=1..50", "speed!=1,2", #"speed!="55""#, #"brandName=="Mercedes""#,
            #"brandName!="Audi""#,
            #"brandName>"Audi""#, #"brandName=="A".."Z""#, "isOpen==true", "isOpen!=false", #"colors=="red""#,
            #"colors=="black","red""#, #"colors!="green""#, "counts==5..6", #"address[city]=="Berlin""#,
            "address[geo.zone]>6",
            "address[city]", "speed.accuracy>0.8", #"speed.accuracy.method=="radar""#,
            "speed.observedAt>=2018-01-01T00:00:00Z",
            "speed.observedAt==2018-08-01T14:03:00+02:00", #"speed.observedAt<"2019-01-01T00:00:00Z""#,
            #"speed.unitCode=="KMH""#,
            #"isParked=="urn:ngsi-ld:OffStreetParking:Downtown1""#, "isParked==urn:ngsi-ld:OffStreetParking:Downtown1",
            "isParked!=urn:x:1", "owners==urn:x:Bob", "owners==urn:x:Eve,urn:x:Ann", "route==urn:x:Stop2",
            #"label=="red""#,
            #"label=="carmin""#, #"label[en]=="red""#, #"label[*]=="rouge""#, #"label[fr]=="rouge""#,
            #"label[en]!="rot""#,
            #"label~="ro.ge""#, #"gender=="https://uri.etsi.org/ngsi-ld/default-context/Male""#,
            #"raw[value]=="Overstay""#,
            "started==2020-05-01T08:00:00Z",
            "started<2020-05-01T08:00:01Z", "day==2020-05-01", "day>2020-04-30", "hour>=10:00:00Z",
            "typed>2020-12-31T23:59:59Z",
            "level==1", "level==9", "level!=1", "level>5", #"brandName~="^Merc""#, #"brandName~=Mer[ck].*s$"#,
            #"brandName!~="BMW""#,
            #"brandName~=(Merc|Aud).*;speed>1"#, "speed>1;brandName", "nope|speed", "nope;speed|speed==55",
            "(nope|speed);isOpen==true",
            "speed==55|nope;nope", "((speed>50|rpm>3000);brandName==\"Mercedes\")", "createdAt>2019-01-01T00:00:00Z",
        ])
    func positive(query: String) throws {
        #expect(try matches(query))
    }

    @Test(
        "does not match",
        arguments: [
            "nope", "nope==1", "nope!=1", "speed==54", "speed!=55", "speed<55", "speed>55", "speed!=50..60",
            "speed!=55,1",
            #"speed=="55""#, #"speed>"5""#, "speed==true", #"brandName=="mercedes""#, "brandName>5",
            #"colors=="green""#,
            #"colors!="red""#, #"colors>"a""#, #"address=="Berlin""#, "address[street]", #"address[street]!="x""#,
            "address[city.x]", "speed.nope", "speed.accuracy.observedAt", "speed.observedAt<2018-08-01T12:03:00Z",
            #"isParked>"urn:x:0""#, #"isParked~="urn.*""#, "owners!=urn:x:Bob", "owners[x]",
            #"label=="rot""#,
            #"label!="red""#, #"label[en]=="rouge""#, "label[de]", "gender==Female", "gender==Male", #"gender=="Male""#,
            "started>2020-05-01T08:00:00Z",
            "day<2020-05-01",
            "brandName>2020-05-01T08:00:00Z", "level==5", "level==10..20", #"brandName~="^erc""#, #"speed~="5""#,
            #"speed!~="x""#,
            #"colors~="red""#, "speed==55;nope", "(speed|nope);nope", "modifiedAt>2019-01-01T00:00:00Z",
            "typed==2020-01-01T00:00:00Z",
        ])
    func negative(query: String) throws {
        #expect(try !matches(query))
    }

    @Test("and binds tighter than or; parentheses bind tightest")
    func precedence() throws {
        let a = QueryExpression.term(AttributePath(names: ["a"]), .exists)
        let b = QueryExpression.term(AttributePath(names: ["b"]), .exists)
        let c = QueryExpression.term(AttributePath(names: ["c"]), .exists)
        #expect(try QueryExpression(parsing: "a|b;c") == .any([a, .all([b, c])]))
        #expect(try QueryExpression(parsing: "(a|b);c") == .all([.any([a, b]), c]))
        #expect(try QueryExpression(parsing: "((a))") == a)
        let path = AttributePath(names: ["sensor", "rawdata"], members: ["airquality", "particulate"])
        #expect(
            try QueryExpression(parsing: "sensor.rawdata[airquality.particulate]==40..41")
                == .term(path, .equal(.range(.number(40), .number(41)))))
        #expect(try QueryExpression(parsing: "a.b>1;c|a").attributeNames == ["a", "c"])
    }

    static let refused: [(String, Int, ProblemCode)] = [
        ("", 1, .badRequestData), ("a=1", 2, .badRequestData), ("a==", 4, .badRequestData), ("==1", 1, .badRequestData),
        ("1a==1", 1, .badRequestData), ("a b", 2, .badRequestData), ("a==1;", 6, .badRequestData),
        ("a==1||b", 6, .badRequestData),
        ("(a", 3, .badRequestData), ("a)", 2, .badRequestData), ("()", 2, .badRequestData),
        ("a.==1", 3, .badRequestData),
        ("a[", 3, .badRequestData), ("a[b", 4, .badRequestData), ("a[b]c", 5, .badRequestData),
        ("a[]", 3, .badRequestData),
        (#"a=="x"#, 4, .badRequestData), (#"a=="\x""#, 4, .badRequestData), ("a==two words", 4, .badRequestData),
        ("a==01", 4, .badRequestData),
        ("a==1,", 6, .badRequestData), ("a==1..", 7, .badRequestData), (#"a==1.."x""#, 4, .badRequestData),
        ("a==true..false", 4, .badRequestData),
        ("a>1,2", 4, .badRequestData), ("a>1..2", 6, .badRequestData), ("a>true", 3, .badRequestData),
        ("a>urn:x:0", 3, .badRequestData),
        ("a==2026-02-30", 4, .badRequestData), ("a==1.2.3", 4, .badRequestData), ("a~=", 4, .badRequestData),
        (#"a~="[""#, 4, .badRequestData),
        ("a!b", 2, .badRequestData), ("!!a", 2, .badRequestData), ("a{b==1", 4, .badRequestData),
        ("a.b{c}==1", 1, .badRequestData),
        ("a==NaN|", 8, .badRequestData),
        (String(repeating: "(", count: 40) + "a", 17, .tooComplexQuery), ("é==\u{301}1", 4, .badRequestData),
        (Array(repeating: "a", count: 129).joined(separator: ";"), 257, .tooComplexQuery),
    ]

    @Test("refuses what the grammar does not allow, at the column that is wrong", arguments: refused)
    func refuses(query: String, column: Int, code: ProblemCode) {
        let error = #expect(throws: NGSILDError.self) { try QueryExpression(parsing: query) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(error?.column == column, "\(error?.message ?? "")")
    }

    @Test("says what was expected and what was found")
    func message() {
        let error = #expect(throws: NGSILDError.self) { try QueryExpression(parsing: "speed>50;brand=\"x\"") }
        #expect(error?.message.hasPrefix("in `q` at column 15: expected `==`, `!=`") == true)
        #expect(error?.message.hasSuffix(", found `=`") == true)
        let long = #expect(throws: NGSILDError.self) {
            try QueryExpression(parsing: String(repeating: "a", count: 4097))
        }
        #expect(long?.code == .tooComplexQuery)
    }

    @Test("any text is read or refused, and what is read can be evaluated", arguments: [1, 2, 3] as [UInt64])
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let attributes = try fragment(Self.entity).attributes
        let words = [
            "speed", "label", "isParked", "==", "!=", ">", "<=", "~=", "!~=", "1", "-2.5", "\"x\"", "true", "(", ")",
            ";", "|", ",",
            "..", ".", "[", "]", "en", "*", "urn:x:1", "2020-01-01T00:00:00Z", "2020-01-01", "\\", "\"", "{", "é", "",
            "observedAt",
        ]
        var read = 0
        for _ in 0..<20_000 {
            let text = (0..<random.below(9)).map { _ in words[random.below(words.count)] }.joined()
            do {
                let query = try QueryExpression(parsing: text)
                _ = query.matches(attributes)
                read += 1
            } catch {
                #expect(error.column.map { (1...text.count + 1).contains($0) } ?? true, "seed \(seed): \(text)")
                #expect(error.message.contains("in `q`"), "seed \(seed): \(text): \(error.message)")
            }
        }
        #expect(read > 100, "seed \(seed)")
    }
}
