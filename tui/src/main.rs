//! `ecotrack`: see [`ecotrack_tui::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ecotrack_tui::cli::main()
}
