//! Source text by file name, so that tracebacks show lines of code that never was in a file.

use std::{cell::RefCell, collections::VecDeque, fs, path::Path, sync::Arc};

use crate::fence;

/// Scripts run from memory are remembered up to this number; what is older shows no source lines.
const REMEMBERED: usize = 256;

thread_local! {
    static SOURCES: RefCell<VecDeque<(Arc<str>, Arc<str>)>> = const { RefCell::new(VecDeque::new()) };
}

/// The sources that the interpreter of this thread has been given.
pub(crate) struct Sources;

impl Sources {
    /// Remembers `text` as what `file` contains. The newest text of a name wins.
    pub(crate) fn remember(file: &Arc<str>, text: &Arc<str>) {
        SOURCES.with_borrow_mut(|sources| {
            if let Some(known) = sources.iter_mut().find(|(name, _)| name == file) {
                known.1 = text.clone();
                return;
            }
            if sources.len() == REMEMBERED {
                sources.pop_front();
            }
            sources.push_back((file.clone(), text.clone()));
        });
    }

    pub(crate) fn forget_all() {
        SOURCES.with_borrow_mut(VecDeque::clear);
    }

    /// The text of a line (from 1) without its indentation.
    pub(crate) fn line(file: &str, line: u32) -> Option<String> {
        let index = (line as usize).checked_sub(1)?;
        let pick = |text: &str| text.lines().nth(index).map(|line| line.trim().to_owned());
        let remembered = SOURCES.with_borrow(|sources| {
            sources
                .iter()
                .find(|(name, _)| &**name == file)
                .map(|(_, text)| text.clone())
        });
        let found = match remembered {
            Some(text) => pick(&text),
            // A script chooses the names of its files; the lines must be ones that it could read itself.
            None if file.starts_with('<') || !fence::may_read(Path::new(file)) => None,
            None => pick(&fs::read_to_string(file).ok()?),
        };
        found.filter(|line| !line.is_empty())
    }
}
