//! The safe form, written into the text.

use crate::rules::Edit;

/// Applies edits that do not overlap, in any order. `None` when they overlap, or one lies outside the text or inside a character.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let overlap = sorted.windows(2).any(|pair| pair[1].span.start < pair[0].span.end);
    if overlap || sorted.iter().any(|edit| text.get(edit.span.range()).is_none()) {
        return None;
    }
    let mut fixed = text.to_owned();
    for edit in sorted.into_iter().rev() {
        fixed.replace_range(edit.span.range(), &edit.text);
    }
    Some(fixed)
}
