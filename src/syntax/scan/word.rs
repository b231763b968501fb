//! Keywords of the languages that a scan reads, and what each announces. A language is one row of words.

use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind::{
    self, Class, Constant, Enum, Function, Interface, Macro, Method, Module, Struct, Type, Variable,
};
use std::sync::OnceLock;

/// What a keyword announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing: it is no identifier, that is all.
    Pass,
    /// A definition may still follow: `pub`, `static`.
    Modifier,
    /// The name of a definition follows.
    Define(DefinitionKind),
    /// Names of variables or constants follow, which count where they are not local.
    Value(DefinitionKind),
    Import,
    /// `impl`, `extension`: what follows belongs to a type.
    Own,
    /// `typedef`.
    Alias,
    /// What is called like a type's constructor, and defines one: Swift's `init`.
    Constructor,
    /// What follows is no definition: `friend`, `package`.
    Bar,
    /// C++'s `operator`, and `public`, `private` where a colon follows.
    Operator,
    Access,
}

/// Words that announce, and words that do not.
type Row = (&'static [(Act, &'static str)], &'static str);

const PYTHON: Row = (
    &[
        (Act::Define(Function), "def"),
        (Act::Define(Class), "class"),
        (Act::Import, "import from"),
        (Act::Modifier, "async"),
    ],
    "False None True and as assert await break continue del elif else except finally for global if in is lambda nonlocal \
     not or pass raise return try while with yield",
);

const JAVASCRIPT: Row = (
    &[
        (Act::Define(Function), "function"),
        (Act::Define(Class), "class"),
        (Act::Value(Constant), "const"),
        (Act::Value(Variable), "let var"),
        (Act::Import, "import require"),
        (Act::Modifier, "export default async"),
    ],
    "await break case catch continue debugger delete do else extends false finally for if in instanceof new null of return \
     super switch this throw true try typeof undefined void while with yield",
);

const TYPESCRIPT: Row = (
    &[
        (Act::Define(Function), "function"),
        (Act::Define(Class), "class"),
        (Act::Define(Interface), "interface"),
        (Act::Define(Type), "type"),
        (Act::Define(Enum), "enum"),
        (Act::Define(Module), "namespace module"),
        (Act::Value(Constant), "const"),
        (Act::Value(Variable), "let var"),
        (Act::Import, "import require"),
        (Act::Modifier, "export default async abstract declare public private protected static readonly override"),
    ],
    "await break case catch continue debugger delete do else extends false finally for if implements in instanceof is keyof \
     new null of return super switch this throw true try typeof undefined void while with yield string number boolean any \
     unknown never object symbol as infer satisfies asserts",
);

const GO: Row = (
    &[
        (Act::Define(Function), "func"),
        (Act::Define(Type), "type"),
        (Act::Value(Constant), "const"),
        (Act::Value(Variable), "var"),
        (Act::Import, "import"),
        (Act::Bar, "package"),
    ],
    "break case chan continue default defer else fallthrough false for go goto if interface iota map nil range return select \
     struct switch true",
);

const RUST: Row = (
    &[
        (Act::Define(Function), "fn"),
        (Act::Define(Struct), "struct union"),
        (Act::Define(Enum), "enum"),
        (Act::Define(Interface), "trait"),
        (Act::Define(Type), "type"),
        (Act::Define(Module), "mod"),
        (Act::Define(Macro), "macro_rules"),
        (Act::Value(Constant), "const static"),
        (Act::Own, "impl"),
        (Act::Import, "use"),
        (Act::Modifier, "pub async unsafe extern default auto"),
    ],
    "as await break continue crate dyn else false for if in let loop match move mut ref return self super true where while \
     yield u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 isize usize f32 f64 bool char str",
);

const JAVA: Row = (
    &[
        (Act::Define(Class), "class record"),
        (Act::Define(Interface), "interface"),
        (Act::Define(Enum), "enum"),
        (Act::Import, "import"),
        (Act::Bar, "package"),
        (
            Act::Modifier,
            "public private protected static final abstract native synchronized strictfp default transient volatile",
        ),
    ],
    "assert boolean break byte case catch char continue do double else extends false finally float for goto if implements \
     instanceof int long new null return short super switch this throw throws true try void while",
);

const C: Row = (
    &[
        (Act::Define(Struct), "struct union"),
        (Act::Define(Enum), "enum"),
        (Act::Alias, "typedef"),
        (Act::Modifier, "static extern inline const volatile register"),
    ],
    "auto break case char continue default do double else float for goto if int long restrict return short signed sizeof \
     switch unsigned void while _Bool bool __attribute__ __attribute __declspec __asm__ asm __extension__ _Static_assert \
     static_assert typeof __typeof__ _Alignas defined true false NULL size_t ssize_t ptrdiff_t intptr_t uintptr_t int8_t \
     int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t charptr_t",
);

const CPP: Row = (
    &[
        (Act::Define(Class), "class"),
        (Act::Define(Struct), "struct union"),
        (Act::Define(Enum), "enum"),
        (Act::Define(Type), "using concept"),
        (Act::Define(Module), "namespace"),
        (Act::Alias, "typedef"),
        (Act::Bar, "friend"),
        (Act::Operator, "operator"),
        (Act::Access, "public private protected"),
        (
            Act::Modifier,
            "static extern inline const volatile register constexpr consteval virtual explicit mutable thread_local",
        ),
    ],
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t co_await co_return \
     co_yield compl const_cast constinit continue decltype default delete do double dynamic_cast else export false float for \
     goto if int long new noexcept not not_eq nullptr or or_eq reinterpret_cast requires return short signed sizeof \
     static_assert static_cast switch template this throw true try typeid typename unsigned void wchar_t while xor xor_eq \
     __attribute__ __attribute __declspec __asm__ __extension__ typeof __typeof__ defined NULL size_t ssize_t ptrdiff_t \
     intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t charptr_t override final",
);

const CSHARP: Row = (
    &[
        (Act::Define(Class), "class record"),
        (Act::Define(Struct), "struct"),
        (Act::Define(Interface), "interface"),
        (Act::Define(Enum), "enum"),
        (Act::Define(Module), "namespace"),
        (Act::Alias, "delegate"),
        (Act::Import, "using"),
        (Act::Bar, "event"),
        (Act::Operator, "operator"),
        (
            Act::Modifier,
            "public private protected internal static abstract sealed virtual override readonly extern unsafe async partial \
             const volatile new ref",
        ),
    ],
    "as base bool break byte case catch char checked continue decimal default do double else false finally fixed float for \
     foreach goto if implicit explicit in int is lock long null object out params return sbyte short sizeof stackalloc \
     string switch this throw true try typeof uint ulong unchecked ushort void while where await var when yield get set init",
);

const RUBY: Row = (
    &[
        (Act::Define(Method), "def"),
        (Act::Define(Class), "class"),
        (Act::Define(Module), "module"),
        (Act::Import, "require require_relative"),
    ],
    "__FILE__ __LINE__ alias and begin break case defined? do else elsif end ensure false for if in next nil not or redo \
     rescue retry return self super then true undef unless until when while yield",
);

const PHP: Row = (
    &[
        (Act::Define(Function), "function"),
        (Act::Define(Class), "class trait"),
        (Act::Define(Interface), "interface"),
        (Act::Define(Enum), "enum"),
        (Act::Value(Constant), "const"),
        (Act::Import, "use require require_once include include_once"),
        (Act::Bar, "namespace"),
        (Act::Modifier, "public private protected static abstract final readonly"),
    ],
    "and array as break callable case catch clone continue declare default do echo else elseif empty enddeclare endfor \
     endforeach endif endswitch endwhile extends finally fn for foreach global goto if implements instanceof insteadof \
     isset list match new null or print return self switch this throw true false try unset var while xor yield int float \
     string bool void mixed never parent",
);

const SWIFT: Row = (
    &[
        (Act::Define(Function), "func"),
        (Act::Define(Class), "class actor"),
        (Act::Define(Struct), "struct"),
        (Act::Define(Enum), "enum"),
        (Act::Define(Interface), "protocol"),
        (Act::Define(Type), "typealias"),
        (Act::Value(Variable), "let var"),
        (Act::Own, "extension"),
        (Act::Constructor, "init"),
        (Act::Import, "import"),
        (
            Act::Modifier,
            "public private fileprivate internal open static final override mutating nonmutating lazy weak unowned required \
             convenience dynamic optional indirect nonisolated async",
        ),
    ],
    "as associatedtype await break case catch continue default defer deinit do else fallthrough false for guard if in inout \
     is nil operator repeat rethrows return self Self subscript super switch throw throws true try where while some any",
);

const KOTLIN: Row = (
    &[
        (Act::Define(Function), "fun"),
        (Act::Define(Class), "class object"),
        (Act::Define(Interface), "interface"),
        (Act::Define(Type), "typealias"),
        (Act::Value(Variable), "val var"),
        (Act::Import, "import"),
        (Act::Bar, "package"),
        (
            Act::Modifier,
            "public private protected internal open abstract final sealed data inner enum annotation override lateinit const \
             suspend inline operator infix tailrec external expect actual value companion vararg noinline crossinline \
             reified",
        ),
    ],
    "as break by catch constructor continue do else false finally for if in init is null out return super this throw true \
     try when where while get set",
);

fn row(language: Language) -> Option<&'static Row> {
    Some(match language {
        Language::Python => &PYTHON,
        Language::JavaScript => &JAVASCRIPT,
        Language::TypeScript => &TYPESCRIPT,
        Language::Go => &GO,
        Language::Rust => &RUST,
        Language::Java => &JAVA,
        Language::C => &C,
        Language::Cpp => &CPP,
        Language::CSharp => &CSHARP,
        Language::Ruby => &RUBY,
        Language::Php => &PHP,
        Language::Swift => &SWIFT,
        Language::Kotlin => &KOTLIN,
        _ => return None,
    })
}

/// A language's keywords, by their first bytes.
pub(super) struct Words {
    /// For every first byte below 128: which lengths its keywords have, as bits.
    lengths: [u32; 128],
    /// For every first byte: where its keywords are in `words`.
    ranges: [(u16, u16); 128],
    words: Vec<Keyword>,
}

struct Keyword {
    word: &'static str,
    /// See [`first_bytes`].
    first: u64,
    act: Act,
}

/// The first eight bytes of a word, and zeros behind a shorter one: a call to compare a few bytes would cost more than they do.
#[inline]
fn first_bytes(word: &[u8]) -> u64 {
    let mut first = [0; 8];
    match word.first_chunk::<8>() {
        Some(eight) => first = *eight,
        None => first.iter_mut().zip(word).for_each(|(to, byte)| *to = *byte),
    }
    u64::from_le_bytes(first)
}

impl Words {
    fn new(row: &'static Row) -> Words {
        let announcing = row.0.iter().flat_map(|(act, words)| words.split_whitespace().map(|w| (w, *act)));
        let passing = row.1.split_whitespace().map(|w| (w, Act::Pass));
        let keyword = |(word, act): (&'static str, Act)| Keyword { word, first: first_bytes(word.as_bytes()), act };
        let mut words: Vec<Keyword> = announcing.chain(passing).map(keyword).collect();
        words.sort_by_key(|keyword| keyword.word.as_bytes()[0]);
        let mut found = Words { lengths: [0; 128], ranges: [(0, 0); 128], words };
        for (i, Keyword { word, .. }) in found.words.iter().enumerate() {
            let first = usize::from(word.as_bytes()[0] & 127);
            let range = &mut found.ranges[first];
            if range.1 == 0 {
                range.0 = i as u16;
            }
            range.1 = i as u16 + 1;
            found.lengths[first] |= 1 << word.len().min(31);
        }
        found
    }

    /// What `word` announces; `None` if it is no keyword.
    pub(super) fn act(&self, word: &str) -> Option<Act> {
        let first = usize::from(*word.as_bytes().first()?);
        if first >= 128 || self.lengths[first] & (1 << word.len().min(31)) == 0 {
            return None;
        }
        let (from, to) = self.ranges[first];
        let own = first_bytes(word.as_bytes());
        let is_it = |keyword: &&Keyword| {
            keyword.first == own && keyword.word.len() == word.len() && (word.len() <= 8 || keyword.word == word)
        };
        self.words[usize::from(from)..usize::from(to)].iter().find(is_it).map(|keyword| keyword.act)
    }
}

/// The keywords of `language`, if it is one that can be scanned.
pub(super) fn words(language: Language) -> Option<&'static Words> {
    static ALL: [OnceLock<Option<Words>>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    let slot = &ALL[Language::ALL.iter().position(|l| *l == language)?];
    slot.get_or_init(|| row(language).map(Words::new)).as_ref()
}
