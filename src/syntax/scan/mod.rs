//! The cheap outline: a lexer and a few rules a language, fast enough for every file of a large repository. It measures nothing and
//! expands nothing; names and lines of definitions are right nearly always (`tests/syntax.rs` compares it with the exact one).

mod brace;
mod class;
mod exchange;
mod head;
mod heredoc;
mod indent;
mod lexer;
mod literal;
mod name;
mod scope;
mod sign;
mod statement;
mod word;

use super::convention::{dialect, has_shebang, is_visible};
use super::tally::Tally;
use super::{import, prose, saturate};
use crate::domain::language::Language;
use crate::domain::outline::{Definition, DefinitionKind, Import, Outline, Tier};
pub use head::{Head, heads};
use lexer::{Lexer, Token};

/// Who is told what a scan finds. Names are slices of the text, so that who interns them allocates once a name.
pub trait Sink<'t> {
    /// An identifier stands here that names no definition.
    fn reference(&mut self, name: &'t str, line: u32);
    /// A word of a comment, as it is written; at least three letters.
    fn word(&mut self, word: &'t str);
    /// An import, as in [`Import`].
    fn import(&mut self, target: &str, names: &[&'t str], line: u32);
    /// A definition. They come last, in the order they stand.
    fn definition(&mut self, found: Found<'t>);
}

/// A definition that a scan found: [`Definition`] without what it does not measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Found<'t> {
    pub name: &'t str,
    pub kind: DefinitionKind,
    pub container: Option<u32>,
    pub lines: (u32, u32),
    pub exported: bool,
    /// The byte its statement begins at, and the one its name does.
    pub head_at: u32,
    pub name_at: u32,
}

/// What a scan says of a text as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// As in [`Outline`].
    pub lines: (u32, u32),
    /// As in [`Outline`].
    pub entry_point: bool,
}

/// Reads `text` and tells `sink`. A language without rules has lines only.
pub fn scan_with<'t>(language: Language, text: &'t str, sink: &mut impl Sink<'t>) -> Scanned {
    let language = dialect(language, text);
    let mut scanned = Scanned { lines: (0, 0), entry_point: has_shebang(text) };
    let total = lexer::newlines(text.as_bytes()) + u32::from(!text.is_empty() && !text.ends_with('\n'));
    let Some(words) = word::words(language) else {
        scanned.lines = (total, saturate(prose::lines(text).1));
        return scanned;
    };
    let mut base = Base::new(language, text, words, sink);
    match language {
        Language::Python | Language::Ruby => indent::read(&mut base),
        _ => brace::read(&mut base),
    }
    scanned.lines = (total, base.lexer.code_lines.min(total));
    scanned.entry_point |= base.entry_point;
    let found = std::mem::take(&mut base.found);
    for found in found {
        // A string that is not closed swallows the last line's end.
        sink.definition(Found { lines: (found.lines.0, found.lines.1.min(total)), ..found });
    }
    scanned
}

/// The outline of a text by a scan.
pub fn scan(language: Language, text: &str) -> Outline {
    let mut collector = Collector::default();
    let scanned = scan_with(language, text, &mut collector);
    Outline {
        language,
        tier: Tier::Scan,
        lines: scanned.lines,
        definitions: collector.definitions,
        references: collector.references.references(),
        imports: collector.imports,
        words: collector.words.words(),
        entry_point: scanned.entry_point,
        broken: false,
    }
}

#[derive(Default)]
struct Collector<'t> {
    references: Tally<'t>,
    words: Tally<'t>,
    imports: Vec<Import>,
    definitions: Vec<Definition>,
}

impl<'t> Sink<'t> for Collector<'t> {
    fn reference(&mut self, name: &'t str, line: u32) {
        self.references.add(name, line);
    }

    fn word(&mut self, word: &'t str) {
        self.words.add(word, 0);
    }

    fn import(&mut self, target: &str, names: &[&'t str], line: u32) {
        let names = names.iter().map(|n| (*n).to_owned()).collect();
        self.imports.push(Import { target: target.to_owned(), names, line });
    }

    fn definition(&mut self, found: Found<'t>) {
        self.definitions.push(Definition {
            name: found.name.to_owned(),
            kind: found.kind,
            container: found.container,
            lines: found.lines,
            signature: String::new(),
            doc: String::new(),
            exported: found.exported,
            complexity: 0,
            typed: (0, 0),
        });
    }
}

/// What all families share: the lexer, what was found, and the comments before something.
struct Base<'t, 's, S> {
    language: Language,
    text: &'t str,
    words: &'static word::Words,
    lexer: Lexer<'t>,
    sink: &'s mut S,
    found: Vec<Found<'t>>,
    /// First and last line of the comments and attributes that were read last.
    lead: (u32, u32),
    /// The line of the last token.
    last_line: u32,
    entry_point: bool,
    import_bytes: usize,
}

impl<'t, 's, S: Sink<'t>> Base<'t, 's, S> {
    fn new(language: Language, text: &'t str, words: &'static word::Words, sink: &'s mut S) -> Self {
        let lexer = Lexer::new(language, text);
        Base {
            language,
            text,
            words,
            lexer,
            sink,
            found: Vec::new(),
            lead: (0, 0),
            last_line: 0,
            entry_point: false,
            import_bytes: import::allowance(text),
        }
    }

    /// The next token that is no comment.
    #[inline(always)]
    fn next(&mut self) -> Token<'t> {
        loop {
            match self.lexer.next() {
                Token::Comment(comment) => {
                    prose::words(comment, |word| self.sink.word(word));
                    // A comment behind code on its line belongs to that code.
                    if self.lexer.start_line > self.last_line {
                        self.lead(self.lexer.start_line, self.lexer.line);
                    }
                }
                token => return token,
            }
        }
    }

    /// Reads the import that begins at byte `from`, on line `line`, and is `length` bytes long at most.
    fn import(&mut self, from: usize, length: usize, line: u32) {
        let statement = import::clip(self.lexer.slice(from, from + length), &mut self.import_bytes);
        let sink = &mut *self.sink;
        import::read(self.language, statement, line, &mut |target, names, line| sink.import(target, names, line));
    }

    /// Comments or attributes stand on these lines, before what follows.
    fn lead(&mut self, first: u32, last: u32) {
        let continues = self.lead.1 > 0 && first <= self.lead.1 + 1;
        self.lead = if continues { (self.lead.0, last) } else { (first, last) };
    }

    /// The first line of what begins on `line`: that of its lead, if there is one.
    fn first_line(&mut self, line: u32) -> u32 {
        let (first, last) = std::mem::take(&mut self.lead);
        if last > 0 && last + 1 >= line { first.min(line) } else { line }
    }

    /// Whether other files can name what `head` introduces.
    ///
    /// `is_promised`: whether a trait asks for it.
    fn is_exported(&self, head: &str, name: &str, container: Option<u32>, is_member: bool, is_promised: bool) -> bool {
        let container = container.and_then(|i| self.found.get(i as usize));
        match container {
            Some(outer) if matches!(outer.kind, DefinitionKind::Function | DefinitionKind::Method) => false,
            Some(outer) if outer.kind == DefinitionKind::Interface => outer.exported,
            None if is_promised => true,
            Some(outer) if is_promised => outer.exported,
            Some(outer) => outer.exported && is_visible(self.language, head, name, is_member),
            None => is_visible(self.language, head, name, is_member),
        }
    }

    /// Definition `index` ends with `line`.
    fn close(&mut self, index: u32, line: u32) {
        if let Some(found) = self.found.get_mut(index as usize) {
            found.lines.1 = line.max(found.lines.0);
        }
    }
}
