//! The `allow` directives of a file, whether for one statement or for all of it.

use crate::sql::directive::{Allow, Directive, DirectiveKind};
use crate::sql::model::Script;

/// Each `allow` and `allow-file` with its directive.
pub(super) fn allows(script: &Script) -> impl Iterator<Item = (&Directive, &Allow)> {
    script.directives.iter().filter_map(|directive| match &directive.kind {
        DirectiveKind::Allow(allow) | DirectiveKind::AllowFile(allow) => Some((directive, allow)),
        _ => None,
    })
}
