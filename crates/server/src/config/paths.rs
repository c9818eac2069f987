//! Default places of the server's files.

use std::path::{Path, PathBuf};

/// The user's folders, as the environment gives them (XDG Base Directory Specification).
#[derive(Default)]
pub struct Places {
    /// `$XDG_DATA_HOME`; relative values are ignored, as the specification asks.
    pub xdg_data_home: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

impl Places {
    /// Takes the folders from this process's environment.
    pub fn of_this_process() -> Places {
        let folder = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Places {
            xdg_data_home: folder("XDG_DATA_HOME"),
            home: folder("HOME"),
        }
    }

    /// The default data directory.
    pub(super) fn data(&self) -> Option<PathBuf> {
        let xdg = self.xdg_data_home.clone().filter(|path| path.is_absolute());
        xdg.or_else(|| self.home.as_ref().map(|home| home.join(".local/share")))
            .map(|folder| folder.join("atropos"))
    }
}

/// `<data><suffix>`: a sibling, so that copying the data directory back does not bring the sibling back with it.
pub(super) fn sibling(data: &Path, suffix: &str) -> PathBuf {
    let mut path = data.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lies_in_the_users_data_folder() {
        let data = |xdg: Option<&str>, home: Option<&str>| {
            Places {
                xdg_data_home: xdg.map(PathBuf::from),
                home: home.map(PathBuf::from),
            }
            .data()
        };
        assert_eq!(data(Some("/x"), Some("/h")), Some("/x/atropos".into()));
        assert_eq!(
            data(Some("x"), Some("/h")),
            Some("/h/.local/share/atropos".into())
        );
        assert_eq!(
            data(None, Some("/h")),
            Some("/h/.local/share/atropos".into())
        );
        assert_eq!(data(None, None), None);
    }
}
