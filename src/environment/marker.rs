//! The mark that a database carries of the environment it belongs to: a comment on `_prisma_migrations`
//! (`prisma-safe: environment=production kind=production`). No new object, no drift in Prisma's eyes, and it travels with dumps.
//!
//! The comment is text that anybody with the right to comment may have written, so it is read with suspicion: of several
//! marks the one that is not dev counts, and a mark that contradicts itself or cannot be read is never dev.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::EnvironmentKind;

/// What the comment on `_prisma_migrations` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Name of the environment in the settings of whoever marked it; `?` when the mark cannot be read. Text from outside.
    pub environment: String,
    /// Its kind at that time. `None` when the mark says no kind; [`EnvironmentKind::Unstated`] when it says a word that this
    /// version does not know, or two.
    pub kind: Option<EnvironmentKind>,
}

const PREFIX: &str = "prisma-safe:";

/// What is encoded in a name, so that a mark is words between blanks on one line and needs no quoting in SQL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

impl Marker {
    /// Finds the mark in a table comment, whatever else the comment says. `None` when there is none.
    #[must_use]
    pub fn parse(comment: &str) -> Option<Self> {
        let mut marks = comment.split(PREFIX).skip(1).map(Self::parse_one);
        let first = marks.next()?;
        if first.is_dev() { Some(marks.find(|mark| !mark.is_dev()).unwrap_or(first)) } else { Some(first) }
    }

    /// Reads what follows one prefix, up to the end of the line.
    fn parse_one(text: &str) -> Self {
        let mut environment: Option<String> = None;
        let mut kind = None;
        let mut contradicts = false;
        for word in text.lines().next().unwrap_or_default().split_whitespace() {
            match word.split_once('=') {
                Some(("environment", name)) if !name.is_empty() => {
                    let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
                    contradicts |= environment.replace(name.clone()).is_some_and(|before| before != name);
                }
                Some(("kind", word)) => {
                    let read = EnvironmentKind::from_word(word).unwrap_or(EnvironmentKind::Unstated);
                    contradicts |= kind.replace(read).is_some_and(|before| before != read);
                }
                // Later versions may say more.
                _ => {}
            }
        }
        match environment {
            Some(environment) if !contradicts => Marker { environment, kind },
            _ => Marker { environment: "?".to_owned(), kind: Some(EnvironmentKind::Unstated) },
        }
    }

    /// The comment to write, keeping what others wrote before and after an earlier mark. Whoever puts it into SQL quotes it.
    #[must_use]
    pub fn into_comment(&self, existing: Option<&str>) -> String {
        let mut comment = String::new();
        for line in existing.unwrap_or_default().lines() {
            let kept = line.split(PREFIX).next().unwrap_or_default().trim_end();
            if !kept.is_empty() {
                comment.push_str(kept);
                comment.push('\n');
            }
        }
        let name = utf8_percent_encode(&self.environment, ENCODED);
        let _ = write!(comment, "{PREFIX} environment={name}");
        if let Some(kind) = self.kind {
            let _ = write!(comment, " kind={kind}");
        }
        comment
    }

    /// Whether the mark says, without doubt, that this is a developer's own database.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        match self.kind {
            Some(kind) => kind.is_dev(),
            None => self.environment == EnvironmentKind::Dev.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(comment: &str) -> String {
        Marker::parse(comment).map_or_else(
            || "no mark".to_owned(),
            |mark| {
                let kind = mark.kind.map_or("none", EnvironmentKind::as_str);
                format!("{} / {kind} / {}", mark.environment, if mark.is_dev() { "dev" } else { "not dev" })
            },
        )
    }

    #[test]
    fn comments_are_read_with_suspicion() {
        for (comment, expected) in [
            ("", "no mark"),
            ("written by Prisma", "no mark"),
            ("Prisma-Safe: environment=production", "no mark"),
            ("prisma-safe: environment=production", "production / none / not dev"),
            ("prisma-safe: environment=dev", "dev / none / dev"),
            ("prisma-safe:environment=dev kind=dev", "dev / dev / dev"),
            ("owned by ops\nprisma-safe: environment=eu-1 kind=production\nask first", "eu-1 / production / not dev"),
            ("prisma-safe: environment=anna kind=dev since=2030", "anna / dev / dev"),
            ("prisma-safe: environment=dev kind=prod", "dev / unstated / not dev"),
            ("prisma-safe: environment=dev kind=", "dev / unstated / not dev"),
            ("prisma-safe: environment=production kind=production kind=dev", "? / unstated / not dev"),
            ("prisma-safe: environment=production environment=dev", "? / unstated / not dev"),
            ("prisma-safe:", "? / unstated / not dev"),
            ("prisma-safe: kind=dev", "? / unstated / not dev"),
            ("prisma-safe: environment= kind=dev", "? / unstated / not dev"),
            ("prisma-safe: environment=dev\nprisma-safe: environment=production", "production / none / not dev"),
            ("prisma-safe: environment=dev prisma-safe: kind=production", "? / unstated / not dev"),
            ("prisma-safe: environment=my%20prod kind=production", "my prod / production / not dev"),
        ] {
            assert_eq!(read(comment), expected, "{comment:?}");
        }
    }

    #[test]
    fn an_earlier_mark_is_replaced_and_the_rest_kept() {
        let mark = Marker { environment: "production".to_owned(), kind: Some(EnvironmentKind::Production) };
        assert_eq!(
            mark.into_comment(Some("ours prisma-safe: environment=dev kind=dev\r\nask ops\n")),
            "ours\nask ops\nprisma-safe: environment=production kind=production"
        );
        assert_eq!(mark.into_comment(None), "prisma-safe: environment=production kind=production");
    }

    fn any_kind() -> impl Strategy<Value = Option<EnvironmentKind>> {
        prop_oneof![
            Just(None),
            Just(Some(EnvironmentKind::Dev)),
            Just(Some(EnvironmentKind::Preview)),
            Just(Some(EnvironmentKind::Staging)),
            Just(Some(EnvironmentKind::Production)),
            Just(Some(EnvironmentKind::Unstated)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(environment in ".{1,40}", kind in any_kind(), existing in ".{0,60}(prisma-safe: kind=dev)?.{0,20}") {
            let mark = Marker { environment, kind };
            let comment = mark.into_comment(Some(&existing));
            prop_assert_eq!(Marker::parse(&comment), Some(mark.clone()));
            prop_assert_eq!(mark.into_comment(Some(&comment)), comment, "writing it twice changes nothing");
            let written = mark.into_comment(None);
            prop_assert!(!written.contains(['\'', '"', '\\', ';', '\n', '$']), "{}", written);
        }

        #[test]
        fn no_comment_panics_and_a_mark_of_production_is_never_dev(before in ".{0,40}", after in ".{0,40}") {
            let comment = format!("{before}\nprisma-safe: environment=live kind=production\n{after}");
            let mark = Marker::parse(&comment).expect("there is one");
            prop_assert!(!mark.is_dev());
        }
    }
}
