//! What the room of files does with a real folder.

use super::*;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("ecotrack-import-{}", crate::client::new_key()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn look_for(path: &str, beginning: bool) -> Result<Seen, Wrong> {
    let asked = Look {
        path: path.to_owned(),
        home_zone: Some("UTC".to_owned()),
        beginning,
        ..Look::default()
    };
    look_at(&asked, &Gate::default(), &|_| {})
}

#[test]
fn names_go_on_with_what_was_typed_folders_end_in_a_slash_and_what_is_hidden_stays_so() {
    let folder = Folder::new();
    fs::create_dir(folder.path("contas de luz")).unwrap();
    for name in ["conta.csv", ".contato", "other.csv"] {
        fs::write(folder.path(name), "").unwrap();
    }
    let found = names(&folder.path("cont"));
    assert_eq!(
        found,
        [folder.path("conta.csv"), folder.path("contas de luz/")]
    );
    assert_eq!(names(&folder.path(".c")), [folder.path(".contato")]);
    assert_eq!(names(&folder.path("none/x")), Vec::<String>::new());
}

#[test]
fn a_mapping_is_saved_once_and_read_again_and_what_is_none_says_why() {
    let folder = Folder::new();
    let mapping = ecotrack_common::import::presets::mappings("octopus_csv").remove(0);
    let path = folder.path("mine.json");
    assert_eq!(save(&path, &mapping), Ok(path.clone()));
    assert_eq!(load(&path).as_ref(), Ok(&mapping));
    assert_eq!(save(&path, &mapping), Err(Wrong::Exists(path.clone())));
    fs::write(folder.path("no.json"), "{\"name\": 1}").unwrap();
    assert!(
        matches!(load(&folder.path("no.json")), Err(Wrong::NoMapping(_, why)) if why.path == "name")
    );
    assert_eq!(load(" "), Err(Wrong::Empty));
    let nowhere = save(&folder.path("none/mine.json"), &mapping);
    assert_eq!(nowhere, Err(Wrong::NoFolder(folder.path("none"))));
}

/// Opening it would wait until somebody writes into it.
#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_are_said_and_not_opened() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [pipe.as_str(), "/dev/null"] {
        let said = Err(Wrong::NotAFile(path.to_owned()));
        assert_eq!(look_for(path, false).map(drop), said);
        assert_eq!(load(path).map(drop), said);
    }
}

#[test]
fn a_folder_a_missing_file_and_one_that_changed_since_are_said() {
    let folder = Folder::new();
    let path = folder.path("hours.csv");
    assert!(matches!(look_for(&path, false), Err(Wrong::Missing(_))));
    assert!(matches!(
        look_for(&folder.path(""), false),
        Err(Wrong::Folder(_))
    ));
    fs::write(
        &path,
        "timestamp,kwh\n2026-10-01T00:00:00Z,1\n2026-10-01T01:00:00Z,2\n",
    )
    .unwrap();
    let seen = look_for(&path, false).unwrap();
    assert_eq!(seen.looked.as_ref().unwrap().summary.channels.len(), 1);
    assert!(opened_again(&seen).is_ok());
    fs::write(&path, "timestamp,kwh\n").unwrap();
    let again = opened_again(&seen).err();
    assert!(matches!(again, Some(Wrong::Changed(_))));
}

#[test]
fn files_of_other_phases_are_added_once_each_and_all_have_to_stay_as_they_were() {
    let folder = Folder::new();
    let file = |letter: char, kept: &str, watt_hours: u32| {
        let text = format!(
            "Date/time UTC,Active energy Wh ({letter}),Returned energy Wh ({letter})\n\
             2024-01-01 00:00,{watt_hours},0\n2024-01-01 00:10,{watt_hours},0\n"
        );
        fs::write(folder.path(kept), text).unwrap();
        folder.path(kept)
    };
    let (first, second) = (file('A', "a.csv", 100), file('B', "b.csv", 20));
    let (again, other) = (file('A', "again.csv", 1), folder.path("other.csv"));
    fs::write(&other, "timestamp,kwh\n2026-10-01T00:00:00Z,1\n").unwrap();
    let with = |phases: &[&String]| {
        let asked = Look {
            path: first.clone(),
            phases: phases.iter().map(|path| (*path).clone()).collect(),
            home_zone: Some("UTC".to_owned()),
            ..Look::default()
        };
        look_at(&asked, &Gate::default(), &|_| {})
    };
    let seen = with(&[&second]).unwrap();
    assert_eq!(seen.name, "a.csv + b.csv");
    let looked = seen.looked.as_ref().unwrap();
    assert_eq!(
        looked.summary.channels["grid_import"].total_nano,
        240_000_000
    );
    assert!(opened_again(&seen).is_ok());
    for (phases, why) in [
        (vec![&second, &second], &second),
        (vec![&first], &first),
        (vec![&again], &again),
        (vec![&other], &other),
    ] {
        let refused = with(&phases).err();
        assert_eq!(refused, Some(Wrong::NoPhase(why.clone())), "{phases:?}");
    }
    file('B', "b.csv", 4_000);
    let changed = opened_again(&seen).err();
    assert_eq!(changed, Some(Wrong::Changed(second)));
}

#[test]
fn only_whole_lines_of_the_beginning_are_read_in_any_encoding() {
    let folder = Folder::new();
    let line = "2026-10-01 00:00;0,5\n";
    let many = line.repeat(20_000);
    let wide: Vec<u8> = std::iter::once('\u{feff}')
        .chain(many.chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    for bytes in [many.into_bytes(), wide] {
        fs::write(folder.path("long.csv"), &bytes).unwrap();
        let mut file = File::open(folder.path("long.csv")).unwrap();
        let begun = beginning(&mut file).unwrap();
        let ending = if bytes.starts_with(b"\xff\xfe") {
            &b"\n\0"[..]
        } else {
            &b"\n"[..]
        };
        assert!(begun.ends_with(ending) && begun.len() < bytes.len());
    }
}

#[test]
fn a_look_that_was_given_up_ends_and_says_nothing() {
    let folder = Folder::new();
    let path = folder.path("hours.csv");
    fs::write(&path, "timestamp,kwh\n2026-10-01T00:00:00Z,1\n").unwrap();
    let gate = Gate::default();
    assert!(gate.stop());
    let asked = Look {
        path,
        ..Look::default()
    };
    assert!(look_at(&asked, &gate, &|_| {}).is_err());
    assert!(!gate.end(), "what was given up never reaches its end");
    let gate = Gate::default();
    assert!(gate.end() && !gate.stop());
}
