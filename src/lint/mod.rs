//! Migrations × rules → findings.
//!
//! [`Linter`] is the way in. It is pure over bytes: who calls it says how a migration is read. Histories are judged side by side, the migrations of one
//! in order (each sees what the ones before it did), reported one by one and then forgotten, so that memory stays flat.
//!
//! - [`batch`]: what is judged together, because it shares a history
//! - [`sources`]: from arguments to batches; the one file here that looks at the disk, with [`changed`] that asks `git`
//! - [`levels`]: how loud a rule is, and who said so
//! - `directives`: what the SQL's own comments allow
//! - [`baseline`]: findings that are known and not told again
//! - [`judged`]: the outcome that every report is made of
//! - [`fix`] and [`repair`]: the safe form, written into a copy of the text and judged again
//!
//! What a rule finds is the business of [`crate::rules`]; how it looks that of [`crate::report::lint`].

pub mod baseline;
pub mod batch;
pub mod changed;
mod directives;
mod error;
pub mod fix;
pub mod judged;
pub mod levels;
mod location;
pub mod repair;
#[cfg(test)]
mod repair_tests;
mod run;
mod server_version;
mod side_by_side;
pub mod sources;
mod unreadable;

pub use batch::{Batch, Item, Loaded, RevertText, Unreadable};
pub use error::LintError;
pub use judged::{Allowed, Judged, Reported, Summary};
pub use levels::LevelBook;
pub use location::{LineTable, Location};
pub use run::Linter;
pub use server_version::{of_server as server_version_of, parse as parse_server_version};
pub use unreadable::RULE as UNREADABLE;

use crate::rules::{self, Rule};

/// Every rule, that of the driver itself among them: a file that cannot be read is a finding too.
pub fn all_rules() -> impl Iterator<Item = &'static Rule> {
    std::iter::once(&UNREADABLE).chain(rules::all())
}

/// A rule by its slug or its id.
#[must_use]
pub fn find_rule(name: &str) -> Option<&'static Rule> {
    all_rules().find(|rule| rule.slug == name || rule.id.eq_ignore_ascii_case(name))
}

/// The slug that a mistyped name most likely means.
#[must_use]
pub fn nearest_rule(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    // `column-drop`, `dropcolumn`: the same words in another shape.
    let words = |text: &str| {
        let mut words: Vec<String> = text.split(['-', '_', ' ']).map(str::to_owned).collect();
        words.sort();
        words
    };
    let wanted = words(&lower);
    let slugs = || all_rules().map(|rule| rule.slug);
    slugs()
        .find(|slug| words(slug) == wanted || slug.replace('-', "") == lower)
        .or_else(|| crate::settings::nearest(&lower, slugs()))
}
