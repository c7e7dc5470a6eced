/// What the lexer has to know of a language.
struct LexerRules: Sendable, Hashable {
    var lineComments: [String] = ["//"]
    var blockComment: (open: String, close: String)? { hasBlockComments ? (blockOpen, blockClose) : nil }
    var hasBlockComments = true
    var blockOpen = "/*"
    var blockClose = "*/"
    /// Delimiters, the longest first; those of three characters may span lines.
    var strings: [String] = ["\"", "'"]
    /// Delimiters that may span lines although they are short.
    var openStrings: Set<String> = []
    var keywords: Set<String> = []
    var ignoresCase = false
    /// Whether a capital begins a type's name.
    var hasTypes = true

    /// The rules of a language by one of its names or its files' extension; nil for what is shown plainly.
    static func named(_ name: String) -> LexerRules? {
        aliases[name.lowercased()].flatMap { table[$0] }
    }

    private static let aliases: [String: String] = {
        let names: [String: String] = [
            "swift": "swift", "c": "c h m", "c++": "c++ cpp cc cxx hpp hh cu", "c#": "c# cs csharp", "rust": "rust rs",
            "go": "go golang", "java": "java", "kotlin": "kotlin kt kts", "scala": "scala",
            "javascript": "javascript js jsx mjs cjs", "typescript": "typescript ts tsx",
            "python": "python py python3 pyi",
            "ruby": "ruby rb", "shell": "sh bash zsh shell console fish ksh", "sql": "sql sqlite postgresql mysql",
            "json": "json jsonc json5 jsonl", "yaml": "yaml yml", "toml": "toml ini cfg conf", "css": "css scss less",
            "php": "php", "lua": "lua", "make": "make makefile mk dockerfile", "html": "html xml svg vue xhtml",
            "zig": "zig", "haskell": "haskell hs", "perl": "perl pl",
        ]
        var table: [String: String] = [:]
        for (name, aliases) in names {
            for alias in aliases.split(separator: " ") { table[String(alias)] = name }
        }
        return table
    }()

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }

    private static let table: [String: LexerRules] = [
        "swift": LexerRules(
            strings: ["\"\"\"", "\""],
            keywords: words(
                "actor any as associatedtype async await borrowing break case catch class consuming continue default defer deinit do else enum extension fallthrough false fileprivate final for func guard if import in indirect init inout internal is isolated lazy let mutating nil nonisolated nonmutating open operator override package private protocol public repeat rethrows return self Self sending some static struct subscript super switch throw throws true try typealias unowned var weak where while"
            )),
        "c": LexerRules(
            keywords: words(
                "auto bool break case char const continue default do double else enum extern false float for goto if inline int long NULL register restrict return short signed sizeof static struct switch true typedef union unsigned void volatile while #include #define #ifdef #ifndef #if #endif #else #pragma"
            )),
        "c++": LexerRules(
            keywords: words(
                "alignas alignof auto bool break case catch char class concept const consteval constexpr const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern false final float for friend goto if inline int long mutable namespace new noexcept nullptr operator override private protected public register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile while #include #define #ifdef #ifndef #if #endif #else #pragma"
            )),
        "c#": LexerRules(
            keywords: words(
                "abstract as async await base bool break byte case catch char class const continue decimal default delegate do double else enum event explicit extern false finally fixed float for foreach get if implicit in init int interface internal is lock long namespace new null object operator out override params private protected public readonly record ref return sbyte sealed set short sizeof static string struct switch this throw true try typeof uint ulong unsafe ushort using var virtual void volatile when where while yield"
            )),
        "rust": LexerRules(
            strings: ["\""],
            keywords: words(
                "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while bool char str i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64"
            )),
        "go": LexerRules(
            strings: ["`", "\"", "'"], openStrings: ["`"],
            keywords: words(
                "any bool break byte case chan const continue default defer else error fallthrough false float32 float64 for func go goto if import int int32 int64 interface iota map nil package range return rune select string struct switch true type uint uint32 uint64 var"
            )),
        "java": LexerRules(
            strings: ["\"\"\"", "\"", "'"],
            keywords: words(
                "abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for if implements import instanceof int interface long native new null package permits private protected public record return sealed short static strictfp super switch synchronized this throw throws transient true try var void volatile while yield"
            )),
        "kotlin": LexerRules(
            strings: ["\"\"\"", "\"", "'"],
            keywords: words(
                "abstract as break by class companion const constructor continue crossinline data do else enum expect external false final finally for fun get if import in infix init inline inner interface internal is it lateinit lazy null object open operator out override package private protected public return sealed set super suspend tailrec this throw true try typealias val var vararg when where while"
            )),
        "scala": LexerRules(
            strings: ["\"\"\"", "\""],
            keywords: words(
                "abstract case catch class def do else enum export extends extension false final finally for given if implicit import lazy match new null object override package private protected return sealed super then this throw trait true try type using val var while with yield"
            )),
        "javascript": LexerRules(
            strings: ["`", "\"", "'"], openStrings: ["`"],
            keywords: words(
                "async await break case catch class const continue debugger default delete do else export extends false finally for from function get if import in instanceof let new null of return set static super switch this throw true try typeof undefined var void while with yield"
            )),
        "typescript": LexerRules(
            strings: ["`", "\"", "'"], openStrings: ["`"],
            keywords: words(
                "abstract any as asserts async await boolean break case catch class const continue declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of override private protected public readonly return satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown var void while with yield"
            )),
        "python": LexerRules(
            lineComments: ["#"], hasBlockComments: false, strings: ["\"\"\"", "'''", "\"", "'"],
            keywords: words(
                "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield"
            )),
        "ruby": LexerRules(
            lineComments: ["#"], hasBlockComments: false,
            keywords: words(
                "alias and begin break case class def defined? do else elsif end ensure false for if in module next nil not or private protected public raise redo require rescue retry return self super then true undef unless until when while yield attr_accessor attr_reader"
            )),
        "shell": LexerRules(
            lineComments: ["#"], hasBlockComments: false, openStrings: ["\"", "'"],
            keywords: words(
                "alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in local printf read readonly return set shift source test then trap true false unset until while"
            ), hasTypes: false),
        "sql": LexerRules(
            lineComments: ["--"], strings: ["'", "\""],
            keywords: words(
                "add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end except exists foreign from full group having if in index inner insert intersect into is join key left like limit not null offset on or order outer primary references returning right rollback select set table then transaction union unique update using values view when where with"
            ), ignoresCase: true, hasTypes: false),
        "json": LexerRules(strings: ["\""], keywords: words("true false null"), hasTypes: false),
        "yaml": LexerRules(
            lineComments: ["#"], hasBlockComments: false, keywords: words("true false null yes no on off"),
            hasTypes: false),
        "toml": LexerRules(
            lineComments: ["#", ";"], hasBlockComments: false, strings: ["\"\"\"", "'''", "\"", "'"],
            keywords: words("true false"), hasTypes: false),
        "css": LexerRules(
            lineComments: [],
            keywords: words("@media @import @keyframes @font-face @supports important var calc none auto"),
            hasTypes: false),
        "php": LexerRules(
            lineComments: ["//", "#"],
            keywords: words(
                "abstract and array as break callable case catch class clone const continue declare default do echo else elseif enum extends final finally fn for foreach function global if implements include instanceof interface match namespace new null or private protected public readonly require return static switch this throw trait true false try use var while yield"
            )),
        "lua": LexerRules(
            lineComments: ["--"], hasBlockComments: false,
            keywords: words(
                "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
            )),
        "make": LexerRules(
            lineComments: ["#"], hasBlockComments: false,
            keywords: words(
                "ifeq ifneq ifdef ifndef else endif include define endef export FROM RUN COPY ADD CMD ENTRYPOINT ENV ARG WORKDIR USER EXPOSE VOLUME LABEL"
            ), hasTypes: false),
        "html": LexerRules(
            lineComments: [], blockOpen: "<!--", blockClose: "-->", openStrings: ["\""], hasTypes: false),
        "zig": LexerRules(
            hasBlockComments: false,
            keywords: words(
                "align allowzero and anyerror anytype asm async await break catch comptime const continue defer else enum errdefer error export extern false fn for if inline null or orelse packed pub return struct suspend switch test true try type undefined union unreachable usingnamespace var void volatile while"
            )),
        "haskell": LexerRules(
            lineComments: ["--"], blockOpen: "{-", blockClose: "-}", strings: ["\""],
            keywords: words(
                "case class data deriving do else forall if import in infix infixl infixr instance let module newtype of qualified then type where"
            )),
        "perl": LexerRules(
            lineComments: ["#"], hasBlockComments: false,
            keywords: words(
                "and bless chomp die do else elsif eval for foreach if last local my next no or our package print push qw redo require return shift sub undef unless until use wantarray while"
            ), hasTypes: false),
    ]
}
