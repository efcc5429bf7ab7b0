// errno values in words, in one place, as every platform's C library has another name.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Words for errno values.
enum SystemErrors {
    /// The words for one, such as "Permission denied".
    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}
