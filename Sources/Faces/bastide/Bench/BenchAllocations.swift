import Foundation

/// Counts what a server allocates: a library that stands before the C library's allocator, and counts into a file.
struct AllocationCounter {
    private let library: String
    private let file: String

    /// Builds the library with the machine's C compiler.
    ///
    /// - Returns: nil when there is no compiler.
    init?(in folder: String) throws {
        guard Subprocess.isInstalled("cc") else { return nil }
        let source = folder + "/allocations.c"
        library = folder + "/allocations.so"
        file = folder + "/allocations.count"
        try Data(AllocationCounter.source.utf8).write(to: URL(fileURLWithPath: source))
        try Data(count: 8).write(to: URL(fileURLWithPath: file))
        let made = try Subprocess.run("cc", ["-O2", "-shared", "-fPIC", "-o", library, source])
        guard made.status == 0 else {
            throw CommandFailure(.failed, "the counter of allocations cannot be built: \(made.errors)")
        }
    }

    /// What a server needs in its environment to be counted.
    var environment: [String: String] { ["LD_PRELOAD": library, "BASTIDE_ALLOCATIONS": file] }

    /// How many allocations there were until now.
    func count() throws -> Double {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        return Double(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private static let source = """
        #include <fcntl.h>
        #include <stdatomic.h>
        #include <stdlib.h>
        #include <sys/mman.h>

        extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
            *__libc_memalign(size_t, size_t);

        static _Atomic unsigned long own, *count = &own;

        __attribute__((constructor)) static void begin(void) {
            const char *path = getenv("BASTIDE_ALLOCATIONS");
            int file = path ? open(path, O_RDWR) : -1;
            if (file < 0) return;
            void *shared = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (shared != MAP_FAILED) count = shared;
        }

        static void add(void) { atomic_fetch_add_explicit(count, 1, memory_order_relaxed); }

        void *malloc(size_t size) { add(); return __libc_malloc(size); }
        void *calloc(size_t number, size_t size) { add(); return __libc_calloc(number, size); }
        void *realloc(void *old, size_t size) { add(); return __libc_realloc(old, size); }
        void *memalign(size_t alignment, size_t size) { add(); return __libc_memalign(alignment, size); }
        void *aligned_alloc(size_t alignment, size_t size) { add(); return __libc_memalign(alignment, size); }
        int posix_memalign(void **made, size_t alignment, size_t size) {
            add();
            *made = __libc_memalign(alignment, size);
            return *made ? 0 : 12;
        }
        """
}

extension BenchSession {
    /// What the hot path allocates for each message.
    ///
    /// Each load runs twice, the second time longer: what both have in common, connecting above all, does not count.
    func allocations() async throws -> [Figure] {
        guard let loadTool else { return [.missing("allocations for each message", BenchSession.noLoadTool)] }
        guard let counter = try AllocationCounter(in: folder) else {
            return [.missing("allocations for each message", "there is no C compiler")]
        }
        let loads =
            [(title: "a reading committed", arguments: BenchSession.sensors, field: "acked")]
            + BrokerLoad.all.filter { ["fan-in-0", "fan-in-1", "single", "fan-out"].contains($0.name) }.map {
                (title: $0.title, arguments: $0.arguments, field: $0.name == "fan-out" ? "delivered" : "sent")
            }
        return try await served(
            "allocations", devices: 100, environment: counter.environment, preparing: { try $0.makeOperatorFile() }
        ) { city, server, ports in
            try loads.map { load in
                var (allocated, messages): ([Double], [Double]) = ([], [])
                for length in [seconds, 3 * seconds] {
                    let before = try counter.count()
                    let told = try loadTool.run(
                        load.arguments + ["-d", "\(length)", "--sub-cert", city.operatorFile], server: server.number,
                        on: ports.mqtt, city)
                    allocated.append(try counter.count() - before)
                    messages.append(told[load.field] ?? 0)
                }
                let more = messages[1] - messages[0]
                return Figure(
                    "allocations, \(load.title)", more > 0 ? (allocated[1] - allocated[0]) / more : .infinity,
                    load.field == "delivered" ? "for each delivery" : "for each message", asked: "", isMet: nil,
                    note: "\(Int(allocated[1])) for \(Int(messages[1])) messages, connecting included")
            }
        }
    }
}
