//! The repository's own files, for the tests that guard them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 5] = [".git", ".local", ".sqlx", "target", "node_modules"];

/// A file that is text, by its path from the root of the repository.
#[derive(Debug)]
pub struct Text {
    /// With `/` between its parts.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Every text below `folder`, which is a path from the root, whose name ends with `ending`; sorted by path.
pub fn texts(folder: &str, ending: &str) -> anyhow::Result<Vec<Text>> {
    let (root, mut found) = (root(), Vec::new());
    collect(&root.join(folder), ending, &mut found)?;
    found.sort();
    let mut texts = Vec::new();
    for path in found {
        // What is no UTF-8 is no text.
        if let Ok(text) = String::from_utf8(fs::read(&path)?) {
            let path = path.strip_prefix(&root)?.to_string_lossy().into_owned();
            texts.push(Text { path, text });
        }
    }
    Ok(texts)
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            collect(&entry.path(), ending, found)?;
        } else if kind.is_file() && name.ends_with(ending) {
            found.push(entry.path());
        }
    }
    Ok(())
}
