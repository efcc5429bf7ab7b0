// Remembers the names of one object's members to detect a repeated one. Names are compared as bytes: Swift's String
// treats canonically equivalent texts as equal, and JSON does not. Small objects, which are nearly all, compare every
// name with every other and allocate no set.

/// The names seen so far in one object.
struct JSONNames {
    private var few: [String] = []
    private var many: Set<[UInt8]> = []

    /// Adds a name. Returns false if it was already there.
    mutating func insert(_ name: String) -> Bool {
        if many.isEmpty {
            if few.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { return false }
            few.append(name)
            if few.count == JSONParser.manyMembers { many = Set(few.map { Array($0.utf8) }) }
            return true
        }
        return many.insert(Array(name.utf8)).inserted
    }
}
