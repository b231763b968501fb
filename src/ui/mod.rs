//! Drawing: layout, theme roles, panes, overlays and widgets. Reads state, never writes it.

pub mod theme;
