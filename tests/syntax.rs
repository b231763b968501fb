//! Syntax errors: none in valid code of every language, one in the right place with a sentence in broken code, and no
//! text that overflows the stack or hangs.

#[path = "syntax/outline.rs"]
mod outline;

use std::time::Instant;
use vibe_tui::domain::language::Language;
use vibe_tui::syntax::{MOST_ERRORS, SyntaxError, comment, errors, grammar, introduced};

fn check(path: &str, text: &str) -> Vec<SyntaxError> {
    errors(Language::from_path(path).unwrap(), path, text).unwrap()
}

/// Path, broken text, the first error's line and column, and a part of its message.
const BROKEN: &[(&str, &str, u32, u32, &str)] = &[
    ("a.py", "def f(x)\n    return x\n", 1, 9, "missing `:` at the end of the `def` line"),
    (
        "a.py",
        "def f(x):\n    return g(x, 1\n\ndef h():\n    pass\n",
        2,
        13,
        "missing `)`: the `(` on line 2 is never closed",
    ),
    ("a.py", "class A:\n    x = [1, 2\n    y = 3\n", 2, 9, "missing `]`: the `[` on line 2"),
    ("a.py", "x = \"abc\ny = 2\n", 1, 5, "the string that begins with `\"` on line 1 is never closed"),
    ("a.py", "if x = 3:\n    pass\n", 1, 6, "unexpected `= 3`"),
    ("a.py", "é = '§'; x = (1, 2))\n", 1, 20, "unexpected `)`: nothing is open"),
    ("a.js", "function f(a, b {\n  return a;\n}\n", 1, 16, "missing `)`: the `(` on line 1"),
    (
        "a.js",
        "function f() {\n  if (x) {\n    return 1;\n}\nconst y = 2;\n",
        2,
        10,
        "missing `}`: the `{` on line 2 is never closed",
    ),
    ("a.js", "const x = ;\n", 1, 9, "unexpected `=` before `;`"),
    ("a.js", "const s = 'abc;\nf();\n", 1, 11, "the string that begins with `'` on line 1"),
    ("a.js", "import { a from 'x';\n", 1, 8, "missing `}`: the `{` on line 1"),
    ("a.ts", "interface A { name: string; age: }\n", 1, 32, "unexpected `:` before `}`"),
    ("a.tsx", "export const A = () => <div>{x</div>;\n", 1, 0, ""),
    ("a.rs", "fn main() {\n    let x = 5\n    f(x);\n}\n", 2, 14, "missing `;` after `5`"),
    ("a.rs", "fn main() {\n    let v = vec![1, 2;\n}\n", 2, 17, "not closed before the `}` on line 3"),
    ("a.go", "package main\n\nfunc main() {\n\tf(\"a\"\n}\n", 4, 7, "missing `)`: the `(` on line 4"),
    ("a.java", "class A {\n  void f() {\n    int x = 1\n    return;\n  }\n}\n", 3, 14, "missing `;` after `1`"),
    ("a.c", "int main(void) {\n  f(1)\n  return 0;\n}\n", 2, 7, "missing `;` after `)`"),
    ("a.cpp", "class A { int x; \nint main() { return 0; }\n", 1, 9, "missing `}`: the `{` on line 1"),
    ("a.cs", "class A { void F() { int x = ; } }\n", 1, 28, "unexpected `=` before `;`"),
    ("a.rb", "def f\n  if x\n    1\nend\n", 1, 1, "missing `end`: the `def` on line 1"),
    ("a.php", "<?php\nfunction f($a { return 1; }\n", 2, 14, "missing `)`: the `(` on line 2"),
    ("a.swift", "func f( -> Int { return 1 }\n", 1, 8, "missing `)`: the `(` on line 1"),
    ("a.kt", "fun f(x: Int: Int { return 1 }\n", 1, 13, "missing `)`: the `(` on line 1"),
    ("a.json", "{\"a\": 1,\n \"b\": [1, 2}\n", 2, 12, "expected `,` or `]`"),
    ("a.json", "{\"a\": \n", 2, 1, "the text ends within a value"),
    ("a.json", "{\"ü\": tru}", 1, 10, "expected ident"),
    ("a.toml", "[a]\nx = 1\nx = 2\n", 3, 1, "duplicate key"),
    ("a.toml", "a = [1,\nb = 2\n", 2, 0, ""),
    ("a.yaml", "a: 1\n  b: 2\n", 2, 4, "mapping values are not allowed"),
    ("a.yaml", "a: [1, 2\nb: 3\n", 2, 2, ""),
    ("a.yaml", "a: \"x\n", 0, 0, ""),
];

#[test]
fn broken_code_is_told_by_line_column_and_a_sentence() {
    let mut wrong = Vec::new();
    for (path, text, line, column, part) in BROKEN {
        let found = check(path, text);
        let Some(first) = found.first() else {
            wrong.push(format!("{path}: no error in {text:?}"));
            continue;
        };
        let is_right = (*line == 0 || first.line == *line) && (*column == 0 || first.column == *column);
        if !is_right || !first.message.contains(part) || first.message.is_empty() {
            wrong.push(format!("{path}: {}:{} {} for {text:?}", first.line, first.column, first.message));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const VALID: &[(&str, &str)] = &[
    (
        "a.py",
        r#"
from __future__ import annotations
from dataclasses import dataclass

type Pair[T] = tuple[T, T]

@dataclass(slots=True)
class Point[T]:
    x: T
    y: T = 0

async def main(*args: int, sep: str = ",", **kwargs) -> None:
    async with open_it() as a, close_it() as b:
        print(f"{a!r:>{width}} {b['key']}")
    match args:
        case [1, *rest] if rest:
            pass
        case {"a": Point(x=0)} | None:
            return
    if (n := len(args)) > 10:
        raise ValueError from None
    try:
        ...
    except* (TypeError, ValueError) as group:
        pass
    print([x async for x in gen() if x], {**kwargs}, 1_000, 0xFF, b"x", lambda x, /, *, y: x @ y)
"#,
    ),
    (
        "a.js",
        r#"
import data from './a.json' with { type: 'json' };
export * as ns from 'x';
export class A extends B {
  #secret = 1n;
  static { A.count ??= 0; }
  get value() { return this.#secret?.toString() ?? 'none'; }
  static async *items() { yield* other(); }
}
const { a, ...rest } = { ...obj, [key]: 1, 'x-y': /a+b/giu };
for await (const x of xs) { label: while (true) break label; }
const html = <Box {...props} key="a">{items.map((i) => <Item key={i} />)}<></></Box>;
const t = tag`a ${b + `c ${d}`} e`;
await import('x');
"#,
    ),
    (
        "a.ts",
        r#"
import type { A } from './a';
import { type B, c } from './b';
enum Color { Red = 'red' }
const config = { a: 1 } satisfies Record<string, number>;
type Keys<T> = { readonly [K in keyof T as `get${Capitalize<string & K>}`]?: T[K] extends infer U ? U : never };
abstract class X<const T extends readonly unknown[]> implements Y {
  constructor(private readonly a: string, protected b?: number) { super(); }
  declare c: string;
  accessor d = 1;
  @log() method(this: X<T>, ...rest: number[]): asserts a is string {}
}
function f<T>(x: T): x is NonNullable<T>;
function f(x: any) { return x!.y as const; }
declare module 'x' { export const y: unique symbol; }
let v = <string>input;
"#,
    ),
    (
        "a.tsx",
        r#"
export function List<T,>({ items, render }: { items: T[]; render: (t: T) => React.ReactNode }) {
  const [state, setState] = useState<T | null>(null);
  return <ul onClick={() => setState(null)}>{items.map((i, n) => <li key={n}>{render(i)} &amp; text's</li>)}</ul>;
}
"#,
    ),
    (
        "a.rs",
        r##"
#![allow(dead_code)]
use std::{fmt::{self, Display}, io};
pub(crate) struct A<'a, const N: usize, T: ?Sized + 'a = str> where T: Display { x: [u8; N], t: &'a T }
impl<'a, T> Trait for A<'a, 3, T> where T: Display + for<'b> Fn(&'b str) -> io::Result<()> {
    type Item<'x> = &'x str where Self: 'x;
    async fn run(&mut self) -> impl Iterator<Item = u8> + use<'_> { std::iter::empty() }
}
macro_rules! m { ($($x:expr),* $(,)?) => { vec![$($x),*] }; }
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(x) = opt else { return Ok(()) };
    if let Some(y) = a && y > 3 { println!("{y:?} {0:>5}", 'a'); }
    let r = r#"raw "text""#; let b = b"bytes"; let c = c"text";
    match x { 1..=5 | 7 if r.len() > 1 => {}, ref n @ 10.. => (), _ => unreachable!(), }
    'outer: loop { break 'outer; }
    let f = async move |x: u32| -> u32 { x? };
    Ok(())
}
"##,
    ),
    (
        "a.go",
        r#"
package main

import (
	"fmt"
	m "math"
)

type Number interface{ ~int | ~float64 }

type List[T any] struct {
	next *List[T] `json:"next,omitempty"`
}

func Map[T, U any](xs []T, f func(T) U) (out []U) {
	for i := range 10 {
		defer func() { _ = recover() }()
		out = append(out, f(xs[i]))
	}
	select {
	case v, ok := <-ch:
		fmt.Println(v, ok)
	default:
	}
	switch x := any(xs).(type) {
	case []int, nil:
		_ = x
	}
	for k, v := range maps.All(m.M) {
		go f(k, v...)
	}
	return
}
"#,
    ),
    (
        "A.java",
        r#"
package a.b;
import static java.util.List.*;
public sealed interface Shape permits Circle, Square {}
record Circle(double r) implements Shape { Circle { if (r < 0) throw new IllegalArgumentException("r"); } }
final class Main<T extends Comparable<? super T>> {
  @Override public String toString() {
    var text = """
        block "text"
        """;
    return switch (shape) {
      case Circle(double r) when r > 1 -> "big";
      case Circle c -> { yield "circle"; }
      case null, default -> text;
    };
  }
  void run() throws Exception {
    try (var in = open(); var out = open2()) { list.stream().map(String::length).filter(x -> x > 1).toList(); }
    if (o instanceof String s && !s.isEmpty()) { int[] a = {1, 2}; }
  }
}
"#,
    ),
    (
        "a.c",
        r#"
#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
typedef struct node { struct node *next; int (*f)(const char *, ...); unsigned bits : 3; } node_t;
static inline int add(int a[static 2], size_t n) {
  node_t n1 = { .next = NULL, .bits = 1 };
  for (size_t i = 0; i < n; ++i) { switch (a[i]) { case 1: goto end; default: break; } }
  int *p = (int[]){ 1, 2 };
  _Static_assert(sizeof(int) >= 2, "int");
end:
  return MAX(*p, 'a') + n1.bits;
}
#ifdef X
int x;
#else
long x;
#endif
"#,
    ),
    (
        "a.h",
        "#pragma once\n#include <string>\nnamespace a { class B { public: virtual ~B() = default; std::string name() const; template <class T> T get(); }; }\n",
    ),
    (
        "a.cpp",
        r#"
#include <vector>
namespace a::b {
template <typename T> concept Small = sizeof(T) <= 8 && requires(T t) { { t + t } -> std::same_as<T>; };
template <Small T, auto... N> class Box final : public Base<T> {
 public:
  explicit Box(T&& t) noexcept : t_{std::move(t)} {}
  auto operator<=>(const Box&) const = default;
  [[nodiscard]] constexpr auto get() const& -> const T& { return t_; }
 private:
  T t_;
};
enum class Color : unsigned char { red, green };
}
auto main() -> int {
  auto [x, y] = std::pair{1, 2.0};
  for (auto&& v : std::vector{1, 2}) { if (auto it = v; it > 1) continue; }
  auto f = [=, &x]<typename U>(U u) mutable { return u + x; };
  const char* s = R"(raw)";
  co_return 0;
}
"#,
    ),
    (
        "A.cs",
        r#"
using System;
global using static System.Math;
namespace A.B;
public record Point(int X, int Y) { public required string Name { get; init; } }
public class Service(ILogger logger) : Base, IService where T : class, new() {
  public async Task<int?> RunAsync(params string[] xs) {
    await foreach (var x in Items()) { Console.WriteLine($"{x,5:F2} {{literal}} {(x > 1 ? "a" : "b")}"); }
    var r = shape switch { Circle { R: > 1 } c => c.R, [1, .., 3] => 2, _ => throw new() };
    using var f = Open(); int[] a = [1, 2, ..xs2];
    var text = """raw "text" """;
    return xs?.Length ?? 0;
  }
  public int P => field1 is not null and > 3 ? 1 : 2;
}
"#,
    ),
    (
        "a.rb",
        r##"
# frozen_string_literal: true
class A < Struct.new(:x, keyword_init: true)
  attr_reader :b
  def self.call(...) = new(...).call
  def m(a, *rest, k: 1, **opts, &block)
    return unless a&.b
    case { name: "x", n: [1, 2] }
    in { name: String => name, n: [Integer, *] } if name
      puts "#{name.upcase} #{"nested"}"
    else nil
    end
    text = <<~SQL
      select * from t where (a = 1
    SQL
    %w[a b].each_with_index { |x, i| yield x, i }
    rest.map { it * 2 }
  rescue ArgumentError, TypeError => e
    retry if (x ||= 0) < 3
  ensure
    p :sym, 'a', /re+/i, 1..2, ->(y) { y }
  end
end
"##,
    ),
    (
        "a.php",
        r#"<html><?= $title ?></html>
<?php
declare(strict_types=1);
namespace App\Models;
use App\{A, B as C};
enum Suit: string { case Hearts = 'h'; public function label(): string { return ucfirst($this->value); } }
#[Attribute]
final readonly class User extends Model implements A {
    use HasFactory;
    public function __construct(private ?string $name = null, protected int|float $age = 0) {}
    public function f(self ...$xs): static|null {
        $r = match (true) { $this->age > 1, false => 'a', default => throw new \Exception("x {$this->name} $xs[0]") };
        $f = fn (int $x): int => $x <=> 1;
        [$a, 'k' => $b] = $xs;
        return $this?->name ?? strlen(...);
    }
}
foreach ($a as $k => &$v): echo $v; endforeach;
"#,
    ),
    (
        "a.swift",
        r#"
import SwiftUI
@main struct App: View {
  @State private var name: String = "x"
  var body: some View {
    VStack(alignment: .leading) {
      Text("Hello \(name.uppercased())").font(.title)
      if let x = optional, x > 1 { Button("Go") { name = "y" } } else { EmptyView() }
    }
  }
}
actor Counter<T: Sendable> where T: Hashable { private(set) var n = 0; func inc() async throws -> Int { defer { n += 1 }; return n } }
enum E: Error { case a(Int), b(name: String) }
func f(_ x: inout [String: Int]?, in y: Int...) rethrows -> (any P)? {
  guard let x, case .some(let v) = y.first else { return nil }
  switch v { case 1...5, 7: fallthrough; case let n where n > 9: break; default: break }
  do { try await g() } catch E.a(let n) { print(n) } catch { }
  let s = """
    multi \(v)
    """
  return x.map { $0.value }.filter { (a: Int) -> Bool in a > 1 } as? P
}
extension Array: P where Element: P { subscript(i: Int) -> Element { get { self[i] } set { } } }
"#,
    ),
    (
        "a.kt",
        r#"
package a.b
import kotlin.collections.*
@JvmInline value class Id(val raw: String)
data class User(val name: String, var age: Int = 0) : Base(name), I by other {
    companion object { const val X = 1 }
    init { require(age >= 0) { "age $age ${name.length}" } }
    val isOld: Boolean get() = age > 90
}
sealed interface Result<out T> { data object None : Result<Nothing> }
suspend inline fun <reified T : Any> Flow<T>.run(crossinline f: suspend (T) -> Unit = {}): List<T>? where T : Comparable<T> {
    val (a, b) = pair
    return when (val x = f2()) {
        is String, !is Int -> x?.let { it.length } ?: return null
        in 1..10 -> listOf(1, *array)
        else -> try { a!!.b } catch (e: Exception) { throw e } finally { }
    }
}
fun main() = runBlocking { launch { delay(1_000L) }; for ((i, v) in xs.withIndex()) println("""raw $v""") }
"#,
    ),
    ("a.json", "{\"a\": [1, 2.5e3, null, true, \"\\u00e9\"], \"b\": {}}\n"),
    ("a.toml", "[a.b]\nx = 1979-05-27T07:32:00Z\ny = [1, 2,]\n[[c]]\nz = { q = 'lit' }\n"),
    ("a.yaml", "---\na: &x [1, 2]\nb: *x\nc: |\n  text\n---\nd: {e: !Ref name}\non: [push]\n"),
];

#[test]
fn valid_modern_code_of_every_language_has_no_error() {
    let mut wrong = Vec::new();
    for (path, text) in VALID {
        for error in check(path, text) {
            wrong.push(format!("{path}:{}:{} {}", error.line, error.column, error.message));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_language_with_a_grammar_has_a_valid_and_a_broken_sample() {
    for language in Language::ALL.into_iter().filter(|l| grammar(*l, "").is_some()) {
        let has = |path: &str| Language::from_path(path) == Some(language);
        assert!(VALID.iter().any(|(p, _)| has(p)), "no valid {}", language.name());
        assert!(BROKEN.iter().any(|(p, ..)| has(p)), "no broken {}", language.name());
        assert!(comment(language).is_some());
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_no_errors() {
    for (path, text) in VALID {
        let text = text.replace('\n', "\r\n");
        assert_eq!(check(path, &text), [], "{path}");
    }
    assert_eq!(check("a.json", "\u{feff}{}"), []);
    assert_eq!(check("a.py", "\u{feff}x = 1\n"), []);
}

#[test]
fn an_empty_text_is_no_code_error() {
    for language in Language::ALL.into_iter().filter(|l| grammar(*l, "").is_some()) {
        assert_eq!(errors(language, "", ""), Some(Vec::new()), "{}", language.name());
    }
}

#[test]
fn dialects_and_languages_without_a_grammar_are_not_judged() {
    assert_eq!(errors(Language::Json, "tsconfig.json", "{ // comment\n}"), None);
    assert_eq!(errors(Language::Json, ".vscode/settings.json", "{ // comment\n}"), None);
    assert_eq!(errors(Language::Yaml, "templates/a.yaml", "a: {{ .Values.x }}\n"), None);
    assert_eq!(errors(Language::Sql, "a.sql", "select ("), None);
}

#[test]
fn ten_thousand_open_brackets_neither_overflow_nor_hang() {
    let depth = 10_000;
    for language in Language::ALL {
        for text in
            ["(".repeat(depth), "[".repeat(depth), "{".repeat(depth), "a(".repeat(depth), "([{".repeat(depth / 3)]
        {
            let start = Instant::now();
            let found = errors(language, "a", &text);
            assert!(start.elapsed().as_secs() < 10, "{}: {:?}", language.name(), start.elapsed());
            assert!(found.is_none_or(|f| f.len() <= MOST_ERRORS));
        }
    }
    let nested = format!("x = {}{}\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(errors(Language::JavaScript, "a.js", &nested).map(|f| f.len()), Some(1), "the innermost is empty");
}

#[test]
fn a_text_that_takes_too_long_is_given_up() {
    let valid = "function f(a) { return g(a, [1, 2, { b: 3 }]); }\n".repeat(2_000);
    let start = Instant::now();
    assert_eq!(errors(Language::JavaScript, "a.js", &valid), Some(Vec::new()));
    println!("{} KiB of JavaScript: {:?}", valid.len() / 1024, start.elapsed());
    let start = Instant::now();
    let endless = valid.repeat(400);
    assert_eq!(errors(Language::JavaScript, "a.js", &endless), None, "{} MiB", endless.len() >> 20);
    println!("given up after {:?}", start.elapsed());
}

#[test]
fn errors_are_few_sorted_and_at_different_places() {
    let text = "def f(:\n    x = )\n".repeat(500);
    let found = check("a.py", &text);
    assert!(!found.is_empty() && found.len() <= MOST_ERRORS);
    assert!(found.windows(2).all(|w| (w[0].line, w[0].column) < (w[1].line, w[1].column)));
}

#[test]
fn only_what_was_not_wrong_before_counts_as_introduced() {
    let new = |before: Option<&str>, after: &str| introduced(Language::C, "a.c", before, after).unwrap();
    let before = "WEIRD_MACRO(x)\nint f(void) { return 1; }\n";
    assert!(!check("a.c", before).is_empty(), "the macro is not understood");
    assert_eq!(new(Some(before), before), []);
    let moved = format!("// more\n\n{before}int g(void) {{ return 2; }}\n");
    assert_eq!(new(Some(before), &moved), []);
    let broken = format!("{before}int g(void) {{ return (2; }}\n");
    let found = new(Some(before), &broken);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].line, 3);
    assert!(!new(None, before).is_empty(), "a new file answers for everything in it");
    let twice = format!("{before}{before}");
    assert_eq!(new(Some(before), &twice).len(), check("a.c", &twice).len() - check("a.c", before).len());
}
