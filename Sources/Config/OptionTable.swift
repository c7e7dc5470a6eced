/// All options, and the way from a key to its option.
package struct OptionTable: Sendable {
    /// The product's options. Built once, at first use.
    package static let all = OptionTable(
        ConfigurationOption.modelOptions + ConfigurationOption.providerOptions + ConfigurationOption.priceOptions
            + ConfigurationOption.safetyOptions + ConfigurationOption.budgetOptions
            + ConfigurationOption.profileOptions + ConfigurationOption.profileMembers
            + ConfigurationOption.toolServerOptions + ConfigurationOption.runtimeOptions
            + ConfigurationOption.screenOptions)

    package let options: [ConfigurationOption]
    private var nodes: [Node] = [Node()]

    /// One level of the tree of keys.
    private struct Node {
        /// The option that ends here, by its place in `options`.
        var option: Int?
        var names: [String: Int] = [:]
        var placeholder: (kind: OptionPlaceholder, node: Int)?
    }

    /// What a path leads to.
    enum Match {
        /// An option, with the names that stand for its placeholders, or the path within an option that is a table.
        case option(Int, names: [String])
        /// A table that has options below it.
        case table
        /// No option: the length of the path up to and with the first name that does not fit, and why if it is a
        /// placeholder's name.
        case unknown(length: Int, reason: String?)
    }

    init(_ options: [ConfigurationOption]) {
        self.options = options
        for (index, option) in options.enumerated() {
            var at = 0
            for segment in option.path { at = child(of: at, segment) }
            nodes[at].option = index
        }
    }

    /// Where an option with a fixed key stands in `options`.
    func index(of key: String) -> Int? { options.firstIndex { $0.pattern == key } }

    private mutating func child(of parent: Int, _ segment: OptionSegment) -> Int {
        let new = nodes.count
        switch segment {
        case .name(let name):
            if let node = nodes[parent].names[name] { return node }
            nodes[parent].names[name] = new
        case .placeholder(let kind):
            if let (_, node) = nodes[parent].placeholder { return node }
            nodes[parent].placeholder = (kind, new)
        }
        nodes.append(Node())
        return new
    }

    func match(_ path: [String]) -> Match {
        var at = 0
        var names: [String] = []
        for (index, name) in path.enumerated() {
            if let node = nodes[at].names[name] {
                at = node
            } else if let (kind, node) = nodes[at].placeholder {
                if let objection = kind.objection(to: name) { return .unknown(length: index + 1, reason: objection) }
                names.append(name)
                at = node
            } else if let option = nodes[at].option, options[option].type == .table {
                // The option takes its table whole; what is below belongs to it.
                return .option(option, names: names + path[index...])
            } else {
                return .unknown(length: index + 1, reason: nil)
            }
        }
        return nodes[at].option.map { .option($0, names: names) } ?? .table
    }

    /// What the writer of an unknown key may have meant: a near name in the same table, else the same name elsewhere.
    func suggestion(for path: [String]) -> String? {
        guard let last = path.last else { return nil }
        var at = 0
        for name in path.dropLast() {
            guard let next = nodes[at].names[name] ?? nodes[at].placeholder?.node else { return nil }
            at = next
        }
        if let name = Suggestion.nearest(to: last, among: nodes[at].names.keys.sorted()) {
            return DottedKey.join(path.dropLast() + [name])
        }
        let elsewhere = options.first { option in
            guard case .name(let name) = option.path.last else { return false }
            return name == last || option.path.map(\.description).joined(separator: "_") == last
        }
        if let elsewhere { return elsewhere.pattern }
        return Suggestion.nearest(to: DottedKey.join(path), among: options.map(\.pattern))
    }
}
