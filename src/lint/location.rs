//! From byte offsets to lines and columns.

use crate::sql::model::Span;

/// Where something is in a file. Lines and columns count from 1, columns in Unicode code points; the end is one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Location {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
}

/// Line starts of a text, for many look-ups.
pub struct LineTable<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> LineTable<'t> {
    /// Finds the lines. They end with `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        LineTable { text, starts: starts.collect() }
    }

    /// Where a span is. A byte order mark takes no column; a span outside the text is moved into it.
    #[must_use]
    pub fn locate(&self, span: Span) -> Location {
        let (line, column) = self.position(span.start as usize);
        let (end_line, end_column) = self.position(span.end.max(span.start) as usize);
        Location { line, column, end_line, end_column }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let before = &self.text[start..offset];
        (line, before.chars().filter(|c| *c != '\u{feff}').count() + 1)
    }

    /// The lines (without their ends) that a span touches, at most `limit`, with the byte offset at which the first one starts.
    #[must_use]
    pub fn excerpt(&self, span: Span, limit: usize) -> (usize, &'t str) {
        let (first, _) = self.position(span.start as usize);
        let (last, _) = self.position((span.end as usize).saturating_sub(1).max(span.start as usize));
        let last = last.min(first + limit.max(1) - 1);
        let start = self.starts[first - 1];
        let end = self.starts.get(last).map_or(self.text.len(), |next| next - 1);
        (start, self.text[start..end].trim_end_matches('\r'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_a_line_feed() {
        let text = "\u{feff}ab\r\nÄÖ𝄞x\nend";
        let table = LineTable::new(text);
        let at = |needle: &str| {
            let start = u32::try_from(text.find(needle).expect("it is there")).expect("small");
            let place = table.locate(Span::new(start, start + u32::try_from(needle.len()).expect("small")));
            (place.line, place.column, place.end_line, place.end_column)
        };
        assert_eq!(at("ab"), (1, 1, 1, 3));
        assert_eq!(at("x"), (2, 4, 2, 5));
        assert_eq!(at("𝄞x\nen"), (2, 3, 3, 3));
        let far = table.locate(Span::new(900, 901));
        assert_eq!((far.line, far.column), (3, 4));
        assert_eq!(table.excerpt(Span::new(4, 5), 3), (0, "\u{feff}ab"));
        assert_eq!(table.excerpt(Span::new(7, 30), 1).1, "ÄÖ𝄞x");
    }
}
