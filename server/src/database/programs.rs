//! Finding PostgreSQL's programs, and the command that installs them where there are none.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::ClusterError;

/// The oldest major version whose SQL EcoTrack speaks.
const OLDEST: u32 = 15;

/// Where to look for PostgreSQL's programs.
#[derive(Clone, Debug)]
pub struct Search {
    path: OsString,
    /// Folders with one folder per version in them, each with a `bin`.
    versioned: Vec<PathBuf>,
}

impl Search {
    /// Looks in the folders of `path` (written like `PATH`), in distributions' own places, and
    /// beside the `pg_config` found in `path`.
    pub fn new(path: impl Into<OsString>) -> Self {
        Self {
            path: path.into(),
            // Debian keeps the server's programs out of PATH; openSUSE and Alpine likewise.
            versioned: ["/usr/lib/postgresql", "/usr", "/usr/libexec"]
                .map(PathBuf::from)
                .into(),
        }
    }

    /// [`Search::new`] with this process's `PATH`.
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH is no setting of EcoTrack's; here it is read, elsewhere passed"
    )]
    pub fn from_environment() -> Self {
        Self::new(std::env::var_os("PATH").unwrap_or_default())
    }

    /// Looks in the folders of `path` and nowhere else.
    #[cfg(test)]
    pub(super) fn only(path: impl Into<OsString>) -> Self {
        Self {
            path: path.into(),
            versioned: Vec::new(),
        }
    }

    /// The newest programs, for a new cluster.
    pub(super) fn newest(&self) -> Result<Programs, ClusterError> {
        let Some((major, bin)) = self.installed().pop_last() else {
            return Err(ClusterError::NotInstalled {
                command: install_command(&os_release(), None),
            });
        };
        if major < OLDEST {
            return Err(ClusterError::TooOld { newest: major });
        }
        Ok(Programs { bin, major })
    }

    /// The programs of one major version: no other can open a cluster made by it.
    pub(super) fn matching(&self, major: u32, folder: &Path) -> Result<Programs, ClusterError> {
        let mut installed = self.installed();
        if let Some(bin) = installed.remove(&major) {
            return Ok(Programs { bin, major });
        }
        if installed.is_empty() {
            return Err(ClusterError::NotInstalled {
                command: install_command(&os_release(), Some(major)),
            });
        }
        let installed: Vec<String> = installed.keys().map(u32::to_string).collect();
        Err(ClusterError::NoMatchingPrograms {
            folder: folder.to_owned(),
            major,
            installed: installed.join(" and "),
            command: install_command(&os_release(), Some(major)),
        })
    }

    /// Every installation by its major version; of two with the same one, the earlier in PATH.
    fn installed(&self) -> BTreeMap<u32, PathBuf> {
        let mut found = BTreeMap::new();
        for bin in self.folders() {
            // A link in PATH stands for the folder that it points into, with all the programs.
            let Ok(postgres) = fs::canonicalize(bin.join("postgres")) else {
                continue;
            };
            let Some(bin) = postgres.parent() else {
                continue;
            };
            if !bin.join("initdb").exists() || !bin.join("pg_ctl").exists() {
                continue;
            }
            let version = output_of(&postgres, "--version").and_then(|said| major_version(&said));
            if let Some(major) = version {
                found.entry(major).or_insert_with(|| bin.to_owned());
            }
        }
        found
    }

    fn folders(&self) -> Vec<PathBuf> {
        let in_path: Vec<PathBuf> = std::env::split_paths(&self.path).collect();
        let mut folders = in_path.clone();
        for parent in &self.versioned {
            let versions = fs::read_dir(parent).into_iter().flatten().flatten();
            folders.extend(
                versions
                    .map(|version| version.path())
                    .filter(|version| is_a_version(version))
                    .flat_map(|version| [version.join("bin"), version]),
            );
        }
        folders.extend(
            in_path
                .iter()
                .map(|folder| folder.join("pg_config"))
                .filter(|pg_config| pg_config.exists())
                .find_map(|pg_config| output_of(&pg_config, "--bindir"))
                .map(|said| PathBuf::from(said.trim_end())),
        );
        folders
    }
}

/// One installation of PostgreSQL.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) bin: PathBuf,
    pub(super) major: u32,
}

/// `15`, `pgsql-15` and `postgresql15` are versions; `lib`, beside them in `/usr`, is not.
fn is_a_version(folder: &Path) -> bool {
    let name = folder.file_name().and_then(OsStr::to_str).unwrap_or("");
    let number = name
        .trim_start_matches("postgresql")
        .trim_start_matches("pgsql-");
    number.parse::<u32>().is_ok()
}

fn output_of(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, or of `18beta1`.
fn major_version(said: &str) -> Option<u32> {
    let version = said.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

fn os_release() -> String {
    fs::read_to_string("/etc/os-release").unwrap_or_default()
}

/// The command that installs PostgreSQL on the system that `os_release` (the text of
/// `/etc/os-release`) describes, in one major version or, without, in the system's own.
fn install_command(os_release: &str, major: Option<u32>) -> String {
    let names: Vec<&str> = os_release
        .lines()
        .filter_map(|line| {
            line.strip_prefix("ID=")
                .or_else(|| line.strip_prefix("ID_LIKE="))
        })
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    let is = |name: &str| names.contains(&name);
    let version = major.map(|major| major.to_string()).unwrap_or_default();
    let dashed = major.map(|major| format!("-{major}")).unwrap_or_default();
    if is("debian") || is("ubuntu") {
        format!("sudo apt-get install postgresql{dashed}")
    } else if is("fedora") || is("rhel") {
        format!("sudo dnf install postgresql{version}-server")
    } else if is("arch") {
        "sudo pacman -S postgresql".to_owned()
    } else if is("alpine") {
        format!("apk add postgresql{version}")
    } else if is("suse") || is("opensuse") {
        format!("sudo zypper install postgresql{version}-server")
    } else {
        format!("your system's package manager (the package is called postgresql{version})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says_of_itself() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(major_version(debian), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL) devel"), None);
        assert_eq!(major_version("bash: no such thing"), None);
    }

    #[test]
    fn each_distribution_is_told_its_own_command() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n";
        let ubuntu = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(
            install_command(debian, None),
            "sudo apt-get install postgresql"
        );
        assert_eq!(
            install_command(ubuntu, Some(15)),
            "sudo apt-get install postgresql-15"
        );
        assert_eq!(
            install_command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", None),
            "sudo dnf install postgresql-server"
        );
        assert_eq!(
            install_command("ID=alpine", Some(16)),
            "apk add postgresql16"
        );
        assert_eq!(
            install_command("ID=arch", None),
            "sudo pacman -S postgresql"
        );
        assert!(install_command("", None).contains("package manager"));
    }

    #[test]
    fn only_folders_named_after_a_version_are_searched() {
        for version in [
            "/usr/lib/postgresql/15",
            "/usr/pgsql-17",
            "/usr/libexec/postgresql16",
        ] {
            assert!(is_a_version(Path::new(version)), "{version}");
        }
        for other in ["/usr/lib", "/usr/share", "/usr/pgsql-devel"] {
            assert!(!is_a_version(Path::new(other)), "{other}");
        }
    }
}
