import FuzzProperties

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    if let problem = SparkplugProperty.problem(with: UnsafeRawBufferPointer(start: bytes, count: count)) {
        fatalError(problem)
    }
    return 0
}
