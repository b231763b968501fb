//! The pattern library: matching, placeholders, rendering. Pure; the patterns are data in `patterns/`.
