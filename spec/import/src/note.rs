//! Notes on an import, for people.

use std::fmt;

/// The kind of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A person must decide.
    Decide,
    /// Works in hosted mode only.
    Hosted,
    /// The new document lost something.
    Lost,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Decide => "decide",
            Self::Hosted => "hosted mode only",
            Self::Lost => "lost",
        })
    }
}

/// The notes of one import.
#[derive(Debug, Default)]
pub struct Notes(Vec<(Kind, String)>);

impl Notes {
    /// Adds a note, unless it is there.
    pub fn add(&mut self, kind: Kind, text: String) {
        if !self.0.contains(&(kind, text.clone())) {
            self.0.push((kind, text));
        }
    }

    /// The number of notes of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.0.iter().filter(|note| note.0 == kind).count()
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes: Vec<_> = self.0.iter().collect();
        notes.sort_by_key(|note| note.0);
        for (kind, text) in notes {
            writeln!(formatter, "{kind}: {text}")?;
        }
        Ok(())
    }
}
