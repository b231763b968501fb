//! Model servers: one streaming trait, one adapter per protocol, and pure parsers for their wire formats.
