//! How much two columns, or two tables, look like one that was renamed.

use crate::sql::model::{DataType, TypeFamily};

/// The same type as far as values go: family, length and the like; `serial` counts as its integer.
pub(crate) fn same_type(a: &DataType, b: &DataType) -> bool {
    let plain = |family| match family {
        TypeFamily::Serial(width) => TypeFamily::Integer(width),
        other => other,
    };
    let families = plain(a.family) == plain(b.family) && a.array == b.array && a.unsigned == b.unsigned;
    let named = match a.family {
        TypeFamily::User => a.user_type == b.user_type,
        TypeFamily::Other => a.name == b.name,
        TypeFamily::Enum | TypeFamily::Set => a.members == b.members,
        _ => true,
    };
    families && named && a.arguments == b.arguments
}

/// How alike two names are: 1 for equal but for case and `_`, 0 for nothing in common.
pub(crate) fn name_likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    let (joined_a, joined_b) = (a.concat(), b.concat());
    if joined_a == joined_b {
        return 1.0;
    }
    let shared = a.iter().filter(|word| b.contains(word)).count();
    // Lossless: names have few words.
    #[allow(clippy::cast_precision_loss, reason = "a name has few words")]
    let by_words = shared as f64 / a.len().max(b.len()).max(1) as f64;
    by_words.max(strsim::normalized_levenshtein(&joined_a, &joined_b))
}

/// Whether two names have the same first word: it tells more than what ends so many names, such as `id`.
pub(crate) fn begin_alike(a: &str, b: &str) -> bool {
    words(a).first() == words(b).first()
}

/// `userEmail_2` → `user`, `email`, `2`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_lower = false;
    let mut open = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        if !open || (after_lower && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        open = true;
        after_lower = c.is_lowercase() || c.is_numeric();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_words() {
        assert!(name_likeness("fullName", "full_name") > 0.99);
        assert!(name_likeness("name", "full_name") >= 0.5);
        assert!(name_likeness("firstName", "givenName") >= 0.5);
        assert!(name_likeness("price", "avatar") < 0.4);
        assert_eq!(words("userEmail_2HTML"), ["user", "email", "2", "html"]);
    }
}
