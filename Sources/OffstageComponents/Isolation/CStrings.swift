// Strings in the form that exec takes. A string with a null byte would be cut, so it is left out.

import OffstageSystem

/// A list of C strings that ends with a null pointer; freed with its last reference.
final class CStrings {
    let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        let whole = strings.filter { !$0.utf8.contains(0) }
        pointers = .allocate(capacity: whole.count + 1)
        pointers.initialize(repeating: nil)
        for (index, string) in whole.enumerated() { pointers[index] = strdup(string) }
    }

    deinit {
        for pointer in pointers { free(pointer) }
        pointers.deallocate()
    }

    /// The list with the type that C functions take.
    var array: UnsafePointer<UnsafePointer<CChar>?>? {
        UnsafeRawPointer(pointers.baseAddress)?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }
}
