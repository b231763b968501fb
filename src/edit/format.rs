//! The forms a model may be asked to answer in, and the words that ask for them.
//!
//! Does not decide what is accepted: the parser takes every form, whichever was asked for.

use crate::domain::language::Language;
use serde::{Deserialize, Serialize};

/// A form for edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Each file whole, in one fenced block.
    WholeFile,
    /// Blocks of lines to find and the lines to put in their place.
    SearchReplace,
    /// `diff -u`.
    UnifiedDiff,
}

/// Up to this many billions of parameters a model is asked for whole files: smaller ones often fail to repeat the
/// search lines exactly, and a whole file cannot be put in the wrong place.
const SMALL_MODEL_B: f32 = 8.0;
/// Up to this window (tokens) an unknown model counts as small.
const SMALL_WINDOW: u32 = 8192;

impl Format {
    /// The form to ask a model for, by its size in billions of parameters or, where that is unknown, by its window in
    /// tokens. Unknown in both is taken for a large hosted model.
    pub fn for_model(parameters_b: Option<f32>, window: Option<u32>) -> Format {
        let small = match (parameters_b, window) {
            (Some(b), _) => b <= SMALL_MODEL_B,
            (None, Some(window)) => window <= SMALL_WINDOW,
            (None, None) => false,
        };
        if small { Format::WholeFile } else { Format::SearchReplace }
    }

    /// The part of a prompt that asks for this form, with a path to show it by; under 220 tokens.
    pub fn instructions(self, example: &str) -> String {
        let words = match self {
            Format::WholeFile => WHOLE_FILE,
            Format::SearchReplace => SEARCH_REPLACE,
            Format::UnifiedDiff => UNIFIED_DIFF,
        };
        let language = Language::from_path(example).map_or("", Language::name);
        words.replace("{path}", example).replace("{language}", language)
    }
}

const WHOLE_FILE: &str = "\
Answer with the complete new text of every file that you create or change, in exactly this form:

### FILE: {path}
```{language}
the whole file, from the first line to the last
```

Rules:
- The path is relative to the project root.
- Never leave lines out and never write a placeholder such as \"...\" or \"rest unchanged\".
- One fenced block per file. If the file itself contains ``` use ```` around the block.
- Do not repeat files that stay as they are.
- To delete a file write one line: ### DELETE: {path}
";

const SEARCH_REPLACE: &str = "\
Answer with the edits in exactly this form, one or more blocks under each file's heading:

### FILE: {path}
<<<<<<< SEARCH
lines as they stand in the file now
=======
lines that replace them
>>>>>>> REPLACE

Rules:
- The path is relative to the project root.
- SEARCH repeats whole lines exactly, with their indentation, and enough of them to fit one place only.
- Keep blocks small; several blocks for one file are applied in order.
- For a new file leave SEARCH empty and put the whole file after =======.
- Never write a placeholder such as \"...\" or \"rest unchanged\".
- To delete a file write one line: ### DELETE: {path}
";

const UNIFIED_DIFF: &str = "\
Answer with one unified diff in a fenced block, in exactly this form:

```diff
--- a/{path}
+++ b/{path}
@@ -10,3 +10,4 @@
 a line that stays
-a line that goes
+a line that comes
```

Rules:
- Paths are relative to the project root.
- Lines that stay or go repeat the file exactly; give three of them around each change.
- Use --- /dev/null for a new file and +++ /dev/null for one that is deleted.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_models_are_asked_for_whole_files_and_large_ones_for_blocks() {
        let table = [
            (Some(0.5), None, Format::WholeFile),
            (Some(8.0), Some(131_072), Format::WholeFile),
            (Some(14.0), Some(8192), Format::SearchReplace),
            (None, Some(4096), Format::WholeFile),
            (None, Some(200_000), Format::SearchReplace),
            (None, None, Format::SearchReplace),
        ];
        for (size, window, expected) in table {
            assert_eq!(Format::for_model(size, window), expected, "{size:?} {window:?}");
        }
    }

    #[test]
    fn instructions_stay_under_220_tokens() {
        let tokenizer = tiktoken_rs::o200k_base().unwrap();
        for format in [Format::WholeFile, Format::SearchReplace, Format::UnifiedDiff] {
            let words = format.instructions("path/to/file.ts");
            let tokens = tokenizer.encode_ordinary(&words).len();
            assert!(
                tokens <= 220 && words.contains("path/to/file.ts") && !words.contains('{'),
                "{format:?}: {tokens}\n{words}"
            );
        }
    }
}
