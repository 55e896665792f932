//! The rules themselves: `lint --list`, `explain`, and the pages of the documentation.

use std::fmt::Write as _;

use serde::Serialize;

use crate::rules::{Fixable, Rule};

/// A rule with the level that it has in this run.
#[derive(Clone)]
pub struct RuleRow {
    /// The rule.
    pub rule: &'static Rule,
    /// Its level here.
    pub level: crate::rules::Level,
    /// Who says so.
    pub origin: String,
}

#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    id: &'a str,
    level: crate::rules::Level,
    level_origin: &'a str,
    databases: Vec<&'a str>,
    fixable: Fixable,
    summary: &'a str,
}

/// One line per rule.
#[must_use]
pub fn list_human(rows: &[RuleRow]) -> String {
    let width = rows.iter().map(|row| row.rule.slug.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let origin = if row.origin == "the default" { String::new() } else { format!(" ({})", row.origin) };
        let _ = writeln!(
            text,
            "{}  {:width$}  {:5}  {}{origin}",
            row.rule.id,
            row.rule.slug,
            row.level.as_str(),
            row.rule.summary
        );
    }
    text
}

/// The JSON document.
#[must_use]
pub fn list_json(rows: &[RuleRow]) -> String {
    let rules: Vec<Row<'_>> = rows
        .iter()
        .map(|row| Row {
            rule: row.rule.slug,
            id: row.rule.id,
            level: row.level,
            level_origin: &row.origin,
            databases: row.rule.databases.iter().map(|provider| provider.as_str()).collect(),
            fixable: row.rule.fixable,
            summary: row.rule.summary,
        })
        .collect();
    let document = serde_json::json!({ "schema_version": 1, "rules": rules });
    let mut text = serde_json::to_string_pretty(&document).expect("plain structs with string keys become JSON");
    text.push('\n');
    text
}

/// A rule's page, as `explain` shows it and as `docs/rules/` holds it.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let databases: Vec<&str> = rule.databases.iter().map(|provider| provider.display_name()).collect();
    let levels = if rule.levels.dev == rule.levels.elsewhere {
        format!("{} everywhere", rule.levels.elsewhere)
    } else {
        format!("{}, on dev and preview {}", rule.levels.elsewhere, rule.levels.dev)
    };
    let fix = match rule.fixable {
        Fixable::Never => "none",
        Fixable::Sometimes => "`lint --fix`, where the statement has the plain shape",
        Fixable::Always => "`lint --fix`",
    };
    let mut text = format!("# {} ({})\n\n{}.\n\n", rule.slug, rule.id, capital(rule.summary));
    let _ = writeln!(
        text,
        "| | |\n| --- | --- |\n| Databases | {} |\n| Level | {levels} |\n| Fix | {fix} |",
        databases.join(", ")
    );
    if !rule.hazards.is_empty() {
        let _ = writeln!(text, "| Hazards | {} |", rule.hazards.join(", "));
    }
    let _ = write!(text, "\n{}\n", rule.page.trim());
    text
}

/// The page of all rules, `docs/rules.md`: a table per family.
#[must_use]
pub fn index() -> String {
    let mut text = String::from(
        "# Rules\n\n<!-- Written by `PRISMA_SAFE_BLESS=1 cargo test --test rules docs`; edit the rule's own file. -->\n\n\
         `cargo prisma-safe explain <rule>` shows the same pages in a terminal. What a level means and how to set one is in\n\
         [settings.md](settings.md); why some known hazards have no rule is in [hazards-left-out.md](hazards-left-out.md).\n\
         Levels: the first holds where no environment is named and everywhere but on dev and preview databases, the second there.\n",
    );
    let driver = std::iter::once(("The file itself", vec![&crate::lint::UNREADABLE]));
    let families = crate::rules::FAMILIES.iter().map(|family| (family.title, family.rules.to_vec()));
    for (title, mut rules) in driver.chain(families).filter(|(_, rules)| !rules.is_empty()) {
        rules.sort_by_key(|rule| rule.id);
        let _ = write!(
            text,
            "\n## {title}\n\n| Id | Rule | Databases | Level | Fix | What |\n| --- | --- | --- | --- | --- | --- |\n"
        );
        for rule in rules {
            let databases = if rule.databases.len() == crate::project::Provider::ALL.len() {
                "all".to_owned()
            } else {
                rule.databases.iter().map(|provider| provider.display_name()).collect::<Vec<_>>().join(", ")
            };
            let fix = match rule.fixable {
                Fixable::Never => "",
                Fixable::Sometimes => "sometimes",
                Fixable::Always => "always",
            };
            let _ = writeln!(
                text,
                "| {} | [{slug}](rules/{slug}.md) | {databases} | {} / {} | {fix} | {} |",
                rule.id,
                rule.levels.elsewhere,
                rule.levels.dev,
                rule.summary.replace('|', "\\|"),
                slug = rule.slug,
            );
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), chars.as_str()))
}
