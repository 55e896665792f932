//! Edits, written into a text.

use crate::rules::Edit;

/// Applies edits that do not overlap, in any order. `None` when they overlap, or one lies outside the text or inside a character.
///
/// Two insertions at one place stand in the order in which they were given. In a file whose lines end with `\r\n` so do inserted ones.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let overlap = sorted.windows(2).any(|pair| pair[1].span.start < pair[0].span.end);
    if overlap || sorted.iter().any(|edit| text.get(edit.span.range()).is_none()) {
        return None;
    }
    let crlf = text.contains("\r\n");
    let mut fixed = text.to_owned();
    for edit in sorted.into_iter().rev() {
        let new = if crlf { edit.text.replace("\r\n", "\n").replace('\n', "\r\n") } else { edit.text.clone() };
        fixed.replace_range(edit.span.range(), &new);
    }
    Some(fixed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sql::model::Span;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { span: Span::new(start, end), text: text.to_owned() }
    }

    #[test]
    fn edits_keep_their_places_whatever_their_order() {
        let text = "CREATE INDEX i ON t (c);";
        let edits =
            [edit(24, 24, "\n-- end"), edit(13, 14, "j"), edit(13, 13, "IF NOT EXISTS "), edit(6, 6, " UNIQUE")];
        assert_eq!(apply(text, &edits).as_deref(), Some("CREATE UNIQUE INDEX IF NOT EXISTS j ON t (c);\n-- end"));
    }

    #[test]
    fn what_cannot_be_applied_is_refused() {
        assert_eq!(apply("abc", &[edit(0, 2, "x"), edit(1, 3, "y")]), None, "they overlap");
        assert_eq!(apply("abc", &[edit(2, 9, "")]), None, "outside");
        assert_eq!(apply("ä", &[edit(1, 2, "")]), None, "inside a character");
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        assert_eq!(apply("a\r\nb", &[edit(3, 3, "x\ny\r\nz\n")]).as_deref(), Some("a\r\nx\r\ny\r\nz\r\nb"));
    }

    proptest! {
        #[test]
        fn what_is_not_edited_stays(text in "[a-zäö \n]{0,40}", start in 0usize..50, length in 0usize..10, new in "[a-z]{0,5}") {
            let span = Span::new(u32::try_from(start).unwrap(), u32::try_from(start + length).unwrap());
            let fixed = apply(&text, &[Edit { span, text: new.clone() }]);
            match text.get(start..start + length) {
                Some(_) => prop_assert_eq!(fixed, Some(format!("{}{new}{}", &text[..start], &text[start + length..]))),
                None => prop_assert_eq!(fixed, None),
            }
        }
    }
}
