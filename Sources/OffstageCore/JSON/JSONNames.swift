// Remembers the names of one object's members to notice a repeated one. Names are compared as bytes: Swift's String
// calls two texts equal that are canonically equivalent, JSON does not. Small objects, nearly all, compare all with
// all and allocate no set.

/// The names that one object has had so far.
struct JSONNames {
    private var few: [String] = []
    private var many: Set<[UInt8]> = []

    /// Adds a name, and returns false if it was there before.
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
