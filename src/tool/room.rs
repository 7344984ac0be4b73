//! Divides limited space among texts.

/// The length in characters, the unit of the limits.
pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}

/// The start of a text, at most `most` characters long.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let beginning = text.chars().take(most.saturating_sub(1));
    beginning.chain(['…']).take(most).collect()
}

/// Divides space among texts: short ones get all they need, long ones share the rest equally.
pub(super) fn shares(lengths: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<(usize, usize)> = lengths.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, length)| *length);
    let mut shares = vec![0; lengths.len()];
    let mut left = room;
    let mut others = lengths.len();
    for (index, length) in order {
        let share = length.min(left / others.max(1));
        if let Some(slot) = shares.get_mut(index) {
            *slot = share;
        }
        left -= share;
        others -= 1;
    }
    shares
}

/// Takes space for a line and its separator; returns whether it fits.
pub(super) fn takes(left: &mut usize, line: &str) -> bool {
    let rest = left.checked_sub(length(line) + 2);
    *left = rest.unwrap_or_default();
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_leave_their_room_to_long_ones() {
        assert_eq!(shares(&[10, 1_000, 500], 900), [10, 445, 445]);
        assert_eq!(shares(&[10, 20], 900), [10, 20]);
        assert_eq!(shares(&[], 900), Vec::<usize>::new());
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(clipped("Größe", 4), "Grö…");
        assert_eq!(clipped("Größe", 5), "Größe");
        assert_eq!(clipped("Größe", 0), "");
    }

    #[test]
    fn what_no_longer_fits_leaves_no_room_to_shorter_ones() {
        let mut left = 7;
        assert!(takes(&mut left, "abc"));
        assert!(!takes(&mut left, "abc") && !takes(&mut left, ""));
    }
}
