// A queue on an array: taking from its front costs nothing, and the room of what was taken is used again.

/// First in, first out.
struct Fifo<Element> {
    private var items: [Element?] = []
    private var head = 0

    /// How many are in it.
    var count: Int { items.count - head }
    var isEmpty: Bool { head == items.count }

    /// Adds one at the end.
    mutating func append(_ element: Element) { items.append(element) }

    /// Adds some in front, in their order.
    mutating func prepend(contentsOf elements: [Element]) {
        items.replaceSubrange(..<head, with: elements.map { $0 })
        head = 0
    }

    /// Takes the first.
    mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 256, head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Changes the first in place; there has to be one.
    mutating func withFirst<A>(_ body: (inout Element) -> A) -> A? {
        guard head < items.count, var element = items[head] else { return nil }
        items[head] = nil
        defer { items[head] = element }
        return body(&element)
    }

    /// Takes all.
    mutating func popAll() -> [Element] {
        let all = items[head...].compactMap { $0 }
        items.removeAll(keepingCapacity: true)
        head = 0
        return all
    }

    /// Keeps those for which `isKept` says so; it may change them.
    mutating func filter(_ isKept: (inout Element) -> Bool) {
        var all = popAll()
        for index in all.indices where isKept(&all[index]) { items.append(all[index]) }
    }
}
