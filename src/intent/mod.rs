//! A sentence to an `Intent`. Pure; the vocabulary is data in `assets/intent/`.
