// Typed access that says, when it fails, where and why: "at `$.speed.value`: expected a number, found a string".

extension JSONValue {
    /// The value at `path`, or nil where a member or an element on the way does not exist.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The value, which may be ``JSONValue/null``.
    public subscript(path: JSONPath) -> JSONValue? {
        var value = self
        for step in path.steps {
            switch (step, value) {
            case (.member(let name), .object(let object)):
                guard let next = object[name] else { return nil }
                value = next
            case (.element(let index), .array(let elements)):
                guard elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }

    /// The value at `path`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The value, which may be ``JSONValue/null``.
    /// - Throws: ``JSONError/Code/missing`` when nothing stands there.
    public func value(at path: JSONPath) throws(JSONError) -> JSONValue {
        guard let value = self[path] else {
            throw JSONError(.missing, at: path, expected: "a value", found: "nothing")
        }
        return value
    }

    /// The object at `path`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The object.
    /// - Throws: ``JSONError/Code/missing`` or ``JSONError/Code/wrongKind``.
    public func object(at path: JSONPath = .root) throws(JSONError) -> JSONObject {
        guard case .object(let object) = self[path] else { throw mismatch(at: path, expected: "an object") }
        return object
    }

    /// The array at `path`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: Its elements.
    /// - Throws: ``JSONError/Code/missing`` or ``JSONError/Code/wrongKind``.
    public func array(at path: JSONPath = .root) throws(JSONError) -> [JSONValue] {
        guard case .array(let elements) = self[path] else { throw mismatch(at: path, expected: "an array") }
        return elements
    }

    /// The string at `path`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The string, decoded.
    /// - Throws: ``JSONError/Code/missing`` or ``JSONError/Code/wrongKind``.
    public func string(at path: JSONPath = .root) throws(JSONError) -> String {
        guard case .string(let string) = self[path] else { throw mismatch(at: path, expected: "a string") }
        return string
    }

    /// The number at `path`, to the nearest `Double`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: A finite number.
    /// - Throws: ``JSONError/Code/missing`` or ``JSONError/Code/wrongKind``.
    public func double(at path: JSONPath = .root) throws(JSONError) -> Double {
        guard case .number(let number) = self[path] else { throw mismatch(at: path, expected: "a number") }
        return number.double
    }

    /// The integer at `path`, exact.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The integer.
    /// - Throws: ``JSONError/Code/missing``, or ``JSONError/Code/wrongKind`` also for numbers that are not integers of
    ///   64 bits.
    public func integer(at path: JSONPath = .root) throws(JSONError) -> Int64 {
        guard case .number(let number) = self[path], let integer = number.integer else {
            throw mismatch(at: path, expected: "an integer")
        }
        return integer
    }

    /// The Boolean at `path`.
    ///
    /// - Parameter path: From this value, which is `$`, inwards.
    /// - Returns: The Boolean.
    /// - Throws: ``JSONError/Code/missing`` or ``JSONError/Code/wrongKind``.
    public func bool(at path: JSONPath = .root) throws(JSONError) -> Bool {
        guard case .bool(let bool) = self[path] else { throw mismatch(at: path, expected: "a Boolean") }
        return bool
    }

    private func mismatch(at path: JSONPath, expected: String) -> JSONError {
        guard let value = self[path] else { return JSONError(.missing, at: path, expected: expected, found: "nothing") }
        return JSONError(.wrongKind, at: path, expected: expected, found: value.kindName)
    }
}
