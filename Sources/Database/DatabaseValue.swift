/// A value that a statement is given or a row holds.
package enum DatabaseValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)

    package static func optional(_ value: Int?) -> DatabaseValue { value.map { .integer(Int64($0)) } ?? .null }
    package static func optional(_ value: String?) -> DatabaseValue { value.map { .text($0) } ?? .null }
    package static func optional(_ value: Double?) -> DatabaseValue { value.map { .real($0) } ?? .null }
    package static func integer(_ value: Int) -> DatabaseValue { .integer(Int64(value)) }
    package static func bool(_ value: Bool) -> DatabaseValue { .integer(value ? 1 : 0) }
}
