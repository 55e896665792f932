//! What the SQL's own comments allow. An `allow` binds to one statement, an `allow-file` to the file; one whose last day is over allows
//! nothing any more, and one that allowed nothing is a finding.

use jiff::civil::Date;

use super::judged::Allowed;
use crate::rules::{Check, Finding, Rule, Subject};
use crate::sql::directive::{Allow, DirectiveKind};
use crate::sql::model::{Script, Span};

/// A rule's hit.
pub(super) type Hit = (&'static Rule, Finding);

/// What became of the hits of one script.
pub(super) struct Outcome {
    /// Still told.
    pub kept: Vec<Hit>,
    /// Allowed.
    pub allowed: Vec<Allowed>,
    /// A directive names a rule of the whole history: whether it is dead, only its end tells.
    pub waits_for_history: bool,
}

/// One rule name of one directive.
struct Permission {
    rule: &'static Rule,
    directive: usize,
    /// `None`: the whole file.
    statement: Option<usize>,
    name: Span,
    used: bool,
}

/// Which hits are given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Those of the migration itself.
    Migration,
    /// Those of the rules that look at the whole history.
    History,
}

/// Applies the directives of a script to hits in it.
pub(super) fn apply(script: &Script, hits: Vec<Hit>, today: Date, stage: Stage) -> Outcome {
    let mut permissions = permissions(script, today);
    let mut outcome = Outcome { kept: Vec::with_capacity(hits.len()), allowed: Vec::new(), waits_for_history: false };
    for (rule, finding) in hits {
        let covers = |permission: &Permission| {
            permission.rule.slug == rule.slug
                && (permission.statement.is_none() || permission.statement == finding.statement)
        };
        match permissions.iter_mut().find(|permission| covers(permission)) {
            Some(permission) => {
                permission.used = true;
                outcome.allowed.push(Allowed { rule, finding, directive: permission.directive });
            }
            None => outcome.kept.push((rule, finding)),
        }
    }
    for permission in &permissions {
        let of_history = matches!(permission.rule.check, Check::History(_));
        outcome.waits_for_history |= of_history;
        if !permission.used && of_history == (stage == Stage::History) {
            outcome.kept.extend(dead(permission));
        }
    }
    outcome
}

fn permissions(script: &Script, today: Date) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for (index, directive) in script.directives.iter().enumerate() {
        let (allow, whole_file) = match &directive.kind {
            DirectiveKind::Allow(allow) => (allow, false),
            DirectiveKind::AllowFile(allow) => (allow, true),
            _ => continue,
        };
        // One without a statement is dead by itself: that rule's own check says so.
        if is_over(allow, today) || (!whole_file && directive.statement.is_none()) {
            continue;
        }
        for (name, span) in &allow.rules {
            // Names that are no rule's are findings of a rule of their own.
            if let Some(rule) = super::find_rule(name) {
                let statement = if whole_file { None } else { directive.statement };
                permissions.push(Permission { rule, directive: index, statement, name: *span, used: false });
            }
        }
    }
    permissions
}

/// Whether the last day of an `allow` is over.
fn is_over(allow: &Allow, today: Date) -> bool {
    allow.until.is_some_and(|(until, _)| until < today)
}

fn dead(permission: &Permission) -> Option<Hit> {
    let rule = super::find_rule("dead-directive")?;
    let slug = permission.rule.slug;
    let (what, help) = match permission.statement {
        Some(_) => {
            ("this statement", "delete the comment, or move it to the line above the statement that it is about")
        }
        None => ("this file", "delete the comment"),
    };
    let finding = Finding {
        statement: permission.statement,
        ..Finding::new(
            permission.name,
            Subject { name: Some(slug.to_owned()), ..Subject::default() },
            format!("`{slug}` is allowed here, and {what} has no such finding"),
        )
        .why("An exception that excepts nothing hides the next real finding: whoever edits this SQL later gets it allowed unseen.")
        .help(help)
    };
    Some((rule, finding))
}
