// Builds the tree from libyaml's events. Nothing here recurses, and everything is counted as it arrives. An alias costs
// as many values as it stands for, so nine levels of nine aliases are refused at the second or third level, before
// anything walks them. Duplicate keys and tags are noted and reading continues; exceeding a limit ends it.

import OffstageCore

/// The tree of one document under construction.
struct YAMLTreeBuilder {
    private struct Frame {
        var place: BoxfilePlace
        var anchor: String?
        var isMapping: Bool
        var items: [YAMLNode] = []
        var entries: [YAMLEntry] = []
        /// The key whose value comes next. Its text is nil if the key is refused; its value is then dropped too.
        var key: (text: String?, place: BoxfilePlace)?
        /// The place of each key of the mapping.
        var places: [String: BoxfilePlace] = [:]
        /// The entries from the mapping's merge keys.
        var merged: [YAMLEntry] = []
        /// The number of values before this one began.
        var nodesBefore: Int
        /// The levels below this one.
        var height = 1
    }

    private struct Anchored {
        /// Nil while the value is still open; an alias to it would then be circular.
        var node: YAMLNode?
        var place: BoxfilePlace
        var nodes = 0
        var height = 0
    }

    private let limits: YAMLLimits
    private var frames: [Frame] = []
    private var anchors: [String: Anchored] = [:]
    private var nodes = 0
    private(set) var root: YAMLNode?
    private(set) var problems: [YAMLProblem] = []

    init(limits: YAMLLimits) { self.limits = limits }

    mutating func take(_ event: YAMLEvent) throws(YAMLProblem) {
        if let tag = event.tag {
            note("the tag \(Names.quoted(tag)) is not understood; write the value without it", at: event.place)
        }
        switch event.kind {
        case .documentStart:
            guard root == nil else {
                throw YAMLProblem(place: event.place, text: "a second document begins here; a boxfile has only one")
            }
        case .scalar(let text, let style):
            try count(1, height: 1, at: event.place)
            let node = YAMLNode(content: .scalar(text, style), place: event.place)
            if let anchor = event.anchor {
                anchors[anchor] = Anchored(node: node, place: event.place, nodes: 1, height: 1)
            }
            add(node, height: 1)
        case .alias(let name): try takeAlias(name, at: event.place)
        case .sequenceStart: try open(event, isMapping: false)
        case .mappingStart: try open(event, isMapping: true)
        case .end: close()
        case .other: break
        }
    }

    private mutating func note(_ text: String, at place: BoxfilePlace) {
        problems.append(YAMLProblem(place: place, text: text))
    }

    private mutating func count(_ more: Int, height: Int, at place: BoxfilePlace) throws(YAMLProblem) {
        nodes += more
        guard nodes <= limits.nodes else {
            let advice = more > 1 ? "aliases count as all that they stand for" : "is it the right file?"
            throw YAMLProblem(place: place, text: "more than \(limits.nodes) values up to here; \(advice)")
        }
        guard frames.count + height <= limits.depth else {
            throw YAMLProblem(
                place: place, text: "values stand more than \(limits.depth) levels deep here; flatten them")
        }
    }

    private mutating func open(_ event: YAMLEvent, isMapping: Bool) throws(YAMLProblem) {
        try count(1, height: 1, at: event.place)
        if let anchor = event.anchor { anchors[anchor] = Anchored(place: event.place) }
        frames.append(
            Frame(place: event.place, anchor: event.anchor, isMapping: isMapping, nodesBefore: nodes - 1))
    }

    private mutating func close() {
        guard let frame = frames.popLast() else { return }
        let node: YAMLNode
        if frame.isMapping {
            let own = Set(frame.entries.map(\.key))
            let inherited = frame.merged.filter { !own.contains($0.key) }
            node = YAMLNode(content: .mapping(frame.entries + inherited), place: frame.place)
        } else {
            node = YAMLNode(content: .sequence(frame.items), place: frame.place)
        }
        if let anchor = frame.anchor, anchors[anchor]?.node == nil, anchors[anchor]?.place == frame.place {
            anchors[anchor] = Anchored(
                node: node, place: frame.place, nodes: nodes - frame.nodesBefore, height: frame.height)
        }
        add(node, height: frame.height)
    }

    private mutating func takeAlias(_ name: String, at place: BoxfilePlace) throws(YAMLProblem) {
        guard let anchored = anchors[name] else {
            note("the alias *\(name) has no anchor &\(name) before it", at: place)
            return add(YAMLNode(content: .scalar("", .plain), place: place), height: 1)
        }
        guard let node = anchored.node else {
            throw YAMLProblem(
                place: place, text: "the alias *\(name) stands within its own anchor at \(anchored.place), a circle")
        }
        try count(anchored.nodes, height: anchored.height, at: place)
        add(node, height: anchored.height, at: place)
    }

    /// Adds a finished value to its parent: as a list's item, as a map's key or value, or as the root. The content of
    /// an alias keeps its own place; a key gets the place of the alias.
    private mutating func add(_ node: YAMLNode, height: Int, at place: BoxfilePlace? = nil) {
        guard var frame = frames.popLast() else {
            root = node
            return
        }
        defer { frames.append(frame) }
        frame.height = max(frame.height, height + 1)
        guard frame.isMapping else { return frame.items.append(node) }
        guard let key = frame.key else {
            let place = place ?? node.place
            if case .scalar(let text, _) = node.content {
                frame.key = (text, place)
            } else {
                note("a key must be text, not \(node.kindName)", at: place)
                frame.key = (nil, place)
            }
            return
        }
        frame.key = nil
        guard let text = key.text else { return }
        if text == "<<" {
            frame.merged += entries(merging: node, besides: frame.merged)
        } else if let earlier = frame.places.updateValue(key.place, forKey: text) {
            note("\(Names.quoted(text)) stands here twice; the first is at \(earlier)", at: key.place)
        } else {
            frame.entries.append(YAMLEntry(key: text, place: key.place, value: node))
        }
    }

    /// Returns the entries of a merge key (`<<: *defaults`, or a list of such). In a list, the first map that has a key
    /// wins.
    private mutating func entries(merging node: YAMLNode, besides known: [YAMLEntry]) -> [YAMLEntry] {
        let sources: [YAMLNode]
        if case .sequence(let items) = node.content { sources = items } else { sources = [node] }
        var taken = Set(known.map(\.key))
        var found: [YAMLEntry] = []
        for source in sources {
            guard case .mapping(let entries) = source.content else {
                note("<< merges maps, and this is \(source.kindName)", at: source.place)
                continue
            }
            found += entries.filter { taken.insert($0.key).inserted }
        }
        return found
    }
}
