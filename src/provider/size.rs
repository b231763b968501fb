//! A model's size in billions of parameters, from a server's figure or from the model's own name.
//!
//! Pure. A name without a figure gives nothing; nothing is looked up or guessed.

/// Billions of parameters from a figure like `7.6B` or `494.03M`.
pub fn from_figure(figure: &str) -> Option<f32> {
    let figure = figure.trim().to_ascii_lowercase();
    let (number, billions) = match figure.strip_suffix('b') {
        Some(number) => (number, 1.0),
        None => (figure.strip_suffix('m')?, 0.001),
    };
    let parts: Option<Vec<f32>> = number.split('x').map(|n| n.parse::<f32>().ok()).collect();
    let product: f32 = parts?.into_iter().product();
    (product.is_finite() && product > 0.0).then_some(product * billions)
}

/// Billions of parameters that a model's name states (`qwen2.5-coder:7b-instruct`, `Mixtral-8x7B`).
pub fn from_name(name: &str) -> Option<f32> {
    name.split(['/', ':', '-', '_', '@', ' '])
        .filter(|part| part.starts_with(|c: char| c.is_ascii_digit()))
        .find_map(from_figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_figures_state_sizes() {
        let cases = [
            ("qwen2.5-coder:7b-instruct-q4_K_M", Some(7.0)),
            ("Llama-3.2-3B-Instruct", Some(3.0)),
            ("mixtral-8x7b", Some(56.0)),
            ("qwen2.5:0.5b", Some(0.5)),
            ("smollm:135m", Some(0.135)),
            ("gpt-4o", None),
            ("claude-sonnet-4-5", None),
            ("deepseek-r1", None),
        ];
        for (name, size) in cases {
            assert_eq!(from_name(name), size, "{name}");
        }
        assert_eq!(from_figure("7.6B"), Some(7.6));
        assert_eq!(from_figure("huge"), None);
    }
}
