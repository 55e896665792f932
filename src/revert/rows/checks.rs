//! Values that a check may want, where neither edge nor plain ones are taken: the constants that stand in it, their neighbours, and text of
//! that length. PostgreSQL only, domains among them.

use std::collections::BTreeMap;

use crate::project::Provider;
use crate::revert::throwaway::Session;

/// By table and column, as [`super::Shape::shown`] says it.
pub(super) type Constants = BTreeMap<(String, String), Vec<String>>;

/// A text of this many characters at most is made for a number in a check.
const LONGEST: usize = 500;

const CHECKS: &str = "SELECT CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END, a.attname::text, pg_get_constraintdef(k.oid) \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_constraint k ON k.contype = 'c' AND (k.conrelid = c.oid AND a.attnum = ANY (k.conkey) OR k.contypid <> 0 AND k.contypid = a.atttypid) \
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2, 3";

/// Every check's constants.
pub(super) fn constants(provider: Provider, session: &mut dyn Session) -> Constants {
    let mut constants = Constants::new();
    if provider != Provider::Postgresql {
        return constants;
    }
    for row in session.query(CHECKS).unwrap_or_default() {
        if let Ok([Some(table), Some(column), Some(check)]) = <[Option<String>; 3]>::try_from(row) {
            constants.entry((table, column)).or_default().extend(in_check(&check));
        }
    }
    constants
}

fn in_check(check: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = check;
    while let Some(start) = rest.find('\'') {
        numbers(&rest[..start], &mut found);
        let inside = &rest[start + 1..];
        let Some(end) = inside.find('\'') else { return found };
        found.push(inside[..end].to_owned());
        rest = &inside[end + 1..];
    }
    numbers(rest, &mut found);
    found
}

fn numbers(text: &str, found: &mut Vec<String>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    for word in text.split(|c| !is_part(c)) {
        let Ok(number) = word.parse::<i64>() else { continue };
        found.extend([number, number.saturating_add(1), number.saturating_sub(1)].map(|near| near.to_string()));
        if let Ok(length) = usize::try_from(number)
            && (1..=LONGEST).contains(&length)
        {
            found.push("x".repeat(length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_their_neighbours_and_text_of_that_length() {
        let check = "CHECK ((kind = ANY (ARRAY['a'::text, 'b c'::text])))";
        assert_eq!(in_check(check), ["a", "b c"]);
        assert_eq!(in_check("CHECK ((char_length(code) = 3))"), ["3", "4", "2", "xxx"]);
        assert_eq!(in_check("CHECK ((n2 > 10))"), ["10", "11", "9", "xxxxxxxxxx"]);
    }
}
