// The few calls on descriptors that a foreman and its children make, with errno turned into answers.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Calls on descriptors.
enum Descriptor {
    /// What a read came to.
    enum Reading: Equatable {
        case bytes(Int)
        case nothingNow
        case over
    }

    /// Reads what is there, at most the buffer's size.
    static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Reading {
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    Glibc.read(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                    Musl.read(descriptor, bytes.baseAddress, bytes.count)
                #else
                    Darwin.read(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .over }
            if errno == EAGAIN { return .nothingNow }
            if errno != EINTR { return .over }
        }
    }

    /// Writes one byte; false if there is no room or nobody to read it.
    @discardableResult
    static func writeByte(_ byte: UInt8, to descriptor: Int32) -> Bool {
        var byte = byte
        while true {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, &byte, 1)
            #elseif canImport(Musl)
                let count = Musl.write(descriptor, &byte, 1)
            #else
                let count = Darwin.write(descriptor, &byte, 1)
            #endif
            if count == 1 { return true }
            if errno != EINTR { return false }
        }
    }

    /// Closes a descriptor, if it is one.
    static func close(_ descriptor: Int32) {
        guard descriptor >= 0 else { return }
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    /// The words for an errno value.
    static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
