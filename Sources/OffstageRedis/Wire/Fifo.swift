// A queue on an array: taking from its front is cheap, and the space of removed elements is used again.

/// First in, first out.
struct Fifo<Element> {
    private var items: [Element?] = []
    private var head = 0

    /// The number of elements.
    var count: Int { items.count - head }
    var isEmpty: Bool { head == items.count }

    /// Appends an element at the end.
    mutating func append(_ element: Element) { items.append(element) }

    /// Inserts elements at the front, in their order.
    mutating func prepend(contentsOf elements: [Element]) {
        items.replaceSubrange(..<head, with: elements.map { $0 })
        head = 0
    }

    /// Removes and returns the first element; nil if there is none.
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

    /// Changes the first element in place and returns the result of `body`; nil if there is none.
    mutating func withFirst<A>(_ body: (inout Element) -> A) -> A? {
        guard head < items.count, var element = items[head] else { return nil }
        items[head] = nil
        defer { items[head] = element }
        return body(&element)
    }

    /// Removes and returns all elements.
    mutating func popAll() -> [Element] {
        let all = items[head...].compactMap { $0 }
        items.removeAll(keepingCapacity: true)
        head = 0
        return all
    }

    /// Keeps the elements for which `isKept` returns true. `isKept` may change them.
    mutating func filter(_ isKept: (inout Element) -> Bool) {
        var all = popAll()
        for index in all.indices where isKept(&all[index]) { items.append(all[index]) }
    }
}
