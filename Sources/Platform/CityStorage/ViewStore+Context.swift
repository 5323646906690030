import Foundation
import GRDB

/// What the context broker keeps: entities and documents whole, temporal evolutions instance by instance.
extension ViewStore {
    static let contextTables = """
        CREATE TABLE IF NOT EXISTS context(
            kind TEXT, tenant TEXT, id TEXT, place INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY(kind, tenant, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS instance(
            tenant TEXT, entity TEXT, number INTEGER, name TEXT NOT NULL, observed_at INTEGER, at INTEGER NOT NULL,
            body BLOB NOT NULL, PRIMARY KEY(tenant, entity, number)) WITHOUT ROWID;
        """

    static func write(context snapshot: ContextSnapshot, to database: Database) throws {
        if snapshot.nextInstance > 0 {
            try database.execute(
                sql: "INSERT OR REPLACE INTO state VALUES ('nextInstance', ?)",
                arguments: [Int64(clamping: snapshot.nextInstance)])
        }
        let put = try database.cachedStatement(sql: "INSERT OR REPLACE INTO context VALUES (?, ?, ?, ?, ?)")
        let remove = try database.cachedStatement(sql: "DELETE FROM context WHERE kind = ? AND tenant = ? AND id = ?")
        for row in snapshot.rows {
            if let body = row.body {
                try put.execute(arguments: [row.kind, row.tenant, row.id, row.place, Data(body.make())])
            } else {
                try remove.execute(arguments: [row.kind, row.tenant, row.id])
            }
        }
        try write(snapshot.instances, to: database)
    }

    private static func write(_ changes: [InstanceChange], to database: Database) throws {
        let put = try database.cachedStatement(sql: "INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?, ?, ?, ?)")
        let remove = try database.cachedStatement(
            sql: "DELETE FROM instance WHERE tenant = ? AND entity = ? AND number = ?")
        let removeAll = try database.cachedStatement(sql: "DELETE FROM instance WHERE tenant = ? AND entity = ?")
        for change in changes {
            guard let number = change.number else {
                try removeAll.execute(arguments: [change.tenant, change.entity])
                continue
            }
            if let row = change.row {
                try put.execute(arguments: [
                    change.tenant, change.entity, Int64(clamping: number), row.name, row.observedAt, row.at,
                    Data(row.body),
                ])
            } else {
                try remove.execute(arguments: [change.tenant, change.entity, Int64(clamping: number)])
            }
        }
    }

    /// Every entity and document, entities in the order of their places.
    public func contextRows() throws(StorageError) -> [ContextRow] {
        try reading { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT kind, tenant, id, place, body FROM context ORDER BY place")
            var result: [ContextRow] = []
            while let row = try rows.next() {
                result.append(
                    ContextRow(
                        kind: try row.text(0), tenant: try row.text(1), id: try row.text(2),
                        place: Int(try row.integer(3)), body: LateBytes(try row.bytes(4))))
            }
            return result
        }
    }

    /// The number of the next instance; 0 where there was none.
    public func nextInstance() throws(StorageError) -> UInt64 {
        try reading { database in
            try Row.fetchOne(database, sql: "SELECT value FROM state WHERE key = 'nextInstance'")?.unsigned(0) ?? 0
        }
    }

    /// The instances of an entity's attributes, in the order in which they were entered.
    public func instances(tenant: String, entity: String) throws(StorageError) -> [InstanceRow] {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT number, name, observed_at, at, body FROM instance WHERE tenant = ? AND entity = ?
                    ORDER BY number
                    """)
            let rows = try Row.fetchCursor(statement, arguments: [tenant, entity])
            var result: [InstanceRow] = []
            while let row = try rows.next() {
                result.append(
                    InstanceRow(
                        number: try row.unsigned(0), name: try row.text(1), observedAt: try row.optionalInteger(2),
                        at: try row.integer(3), late: LateBytes(try row.bytes(4))))
            }
            return result
        }
    }
}
