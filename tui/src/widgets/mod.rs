//! Pieces that several screens draw with. They know ratatui and the theme, no screen and no server.

pub mod bar;
pub mod bars;
pub mod chart;
pub mod panel;
pub mod plot;
pub mod scroll;
pub mod text_line;
pub mod words;
