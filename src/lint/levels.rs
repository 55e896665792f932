//! How loud a rule is, and who said so.
//!
//! From weak to strong: the rule's default, `level`, the kind of environment, a path (the last pattern that fits), a flag. Where two
//! flags name one rule the stricter one holds.

use std::collections::HashMap;

use super::error::{LintError, UnknownName};
use crate::environment::EnvironmentKind;
use crate::rules::{Check, Level, Rule};
use crate::settings::{self, LintSettings, Origin, RuleSettings, Sourced};

/// The levels of all rules for one run.
#[derive(Debug, Clone, Default)]
pub struct LevelBook {
    kind: Option<EnvironmentKind>,
    flags: HashMap<&'static str, (Level, &'static str)>,
    settings: HashMap<&'static str, RuleSettings>,
    /// Empty: all.
    only: Vec<&'static str>,
}

/// `--deny`, `--warn`, `--allow`, `--only` as typed.
#[derive(Debug, Clone, Default)]
pub struct LevelFlags {
    /// Rules of `--deny`.
    pub deny: Vec<String>,
    /// Rules of `--warn`.
    pub warn: Vec<String>,
    /// Rules of `--allow`.
    pub allow: Vec<String>,
    /// Rules of `--only`.
    pub only: Vec<String>,
}

impl LevelBook {
    /// Everything that was said about levels.
    ///
    /// # Errors
    /// [`LintError::UnknownRules`] with every name that is no rule's.
    pub fn new(settings: &LintSettings, flags: &LevelFlags, kind: Option<EnvironmentKind>) -> Result<Self, LintError> {
        let mut book = LevelBook { kind, ..LevelBook::default() };
        let mut unknown = Vec::new();
        let mut find = |name: &str, origin: Origin| {
            let rule = super::find_rule(name);
            if rule.is_none() {
                unknown.push(UnknownName { name: name.to_owned(), origin, nearest: super::nearest_rule(name) });
            }
            rule
        };
        for rule in &settings.rules {
            if let Some(known) = find(&rule.slug.value, rule.slug.origin.clone()) {
                book.settings.insert(known.slug, rule.clone());
            }
        }
        // The strict ones come last and win.
        for (level, flag, names) in [
            (Level::Allow, "--allow", &flags.allow),
            (Level::Warn, "--warn", &flags.warn),
            (Level::Deny, "--deny", &flags.deny),
        ] {
            for name in names {
                if let Some(known) = find(name, Origin::Flag(flag)) {
                    book.flags.insert(known.slug, (level, flag));
                }
            }
        }
        for name in &flags.only {
            book.only.extend(find(name, Origin::Flag("--only")).map(|rule| rule.slug));
        }
        if unknown.is_empty() { Ok(book) } else { Err(LintError::UnknownRules { names: unknown }) }
    }

    /// It is off by default and nobody turned it on, so it need not be run. Rules of the whole history stay awake: they run once, and
    /// which migrations have directives about them is known at the end only.
    #[must_use]
    pub fn is_asleep(&self, rule: &Rule) -> bool {
        rule.is_opt_in()
            && !matches!(rule.check, Check::History(_))
            && !self.flags.contains_key(rule.slug)
            && !self.settings.contains_key(rule.slug)
            && !self.only.contains(&rule.slug)
    }

    /// The level of a rule in one migration. `--only` turns on a rule that is off by default, as `warn`. Without an environment everything is held to production's standard.
    #[must_use]
    pub fn level(&self, rule: &Rule, migration: &str) -> (Level, Origin) {
        if !self.only.is_empty() && !self.only.contains(&rule.slug) {
            return (Level::Allow, Origin::Flag("--only"));
        }
        if let Some((level, flag)) = self.flags.get(rule.slug) {
            return (*level, Origin::Flag(flag));
        }
        self.settings
            .get(rule.slug)
            .and_then(|settings| self.set_level(settings, migration))
            .map_or_else(|| self.default_level(rule), |set| (level(set.value), set.origin))
    }

    fn default_level(&self, rule: &Rule) -> (Level, Origin) {
        if rule.is_opt_in() && self.only.contains(&rule.slug) {
            return (Level::Warn, Origin::Flag("--only"));
        }
        (rule.levels.for_kind(self.kind), Origin::Default)
    }

    fn set_level(&self, settings: &RuleSettings, migration: &str) -> Option<Sourced<settings::Level>> {
        let by_path = settings.paths.iter().rev().find(|(pattern, _)| fits(&pattern.value, migration)).map(|(_, l)| l);
        let kind = match self.kind {
            None | Some(EnvironmentKind::Unstated) => EnvironmentKind::Production,
            Some(kind) => kind,
        };
        let by_kind = || settings.kinds.iter().find(|(of, _)| *of == kind).map(|(_, l)| l);
        by_path.or_else(by_kind).or(settings.level.as_ref()).cloned()
    }
}

const fn level(set: settings::Level) -> Level {
    match set {
        settings::Level::Allow => Level::Allow,
        settings::Level::Warn => Level::Warn,
        settings::Level::Deny => Level::Deny,
    }
}

/// Whether a migration's name fits a pattern: `*` stands for anything; a pattern without it is a beginning of the name.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return name.starts_with(pattern) };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lint::UNREADABLE;
    use crate::settings::Settings;

    #[test]
    fn patterns_are_beginnings_or_have_stars() {
        for (pattern, name, expected) in [
            ("2023", "20230101_a", true),
            ("2023*", "20230101_a", true),
            ("*_init", "20230101_init", true),
            ("*_init", "20230101_init2", false),
            ("2023*add*", "20230101_add_x", true),
            ("2023*add*x", "20230101_add_y", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("2024", "20230101_a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn the_exact_word_wins_and_says_where_it_stands() {
        let text = "[lint.rules]\nunreadable-migration = { level = \"warn\", dev = \"allow\", production = \"deny\", paths = { \"2023*\" = \"allow\", \"202306*\" = \"warn\" } }\n";
        let settings = Settings::from_toml(text, Path::new("/p/prisma-safe.toml")).expect("good settings").lint;
        let level = |kind, flags: &LevelFlags, migration: &str| {
            let book = LevelBook::new(&settings, flags, kind).expect("known rules");
            let (level, origin) = book.level(&UNREADABLE, migration);
            format!("{level}, {origin}")
        };
        let none = LevelFlags::default();
        let dev = Some(EnvironmentKind::Dev);
        assert_eq!(level(dev, &none, "20240101_a"), "allow, set in /p/prisma-safe.toml:2");
        assert_eq!(level(None, &none, "20240101_a"), "deny, set in /p/prisma-safe.toml:2");
        assert_eq!(level(Some(EnvironmentKind::Staging), &none, "x"), "warn, set in /p/prisma-safe.toml:2");
        assert_eq!(level(None, &none, "20230101_a"), "allow, set in /p/prisma-safe.toml:2");
        assert_eq!(level(None, &none, "20230601_a"), "warn, set in /p/prisma-safe.toml:2");
        let flags =
            LevelFlags { deny: vec!["ps000".to_owned()], allow: vec!["unreadable-migration".to_owned()], ..none };
        assert_eq!(level(dev, &flags, "20230601_a"), "deny, set by --deny");
    }

    #[test]
    fn a_rule_that_is_off_sleeps_until_somebody_names_it() {
        let rule = crate::lint::find_rule("narrow-id").expect("a rule that is off by default");
        let told = |text: &str, flags: LevelFlags| {
            let settings = Settings::from_toml(text, Path::new("/p/prisma-safe.toml")).expect("good settings").lint;
            let book = LevelBook::new(&settings, &flags, None).expect("known rules");
            let (level, origin) = book.level(rule, "20260101_a");
            format!("{} {level}, {origin}", if book.is_asleep(rule) { "asleep:" } else { "awake:" })
        };
        let named = || vec!["PS307".to_owned()];
        let off = "[lint.rules]\nnarrow-id = \"allow\"\n";
        let by_path = "[lint.rules]\nnarrow-id = { paths = { \"2026*\" = \"deny\" } }\n";
        assert_eq!(told("", LevelFlags::default()), format!("asleep: allow, {}", Origin::Default));
        assert_eq!(told("", LevelFlags { warn: named(), ..LevelFlags::default() }), "awake: warn, set by --warn");
        assert_eq!(told("", LevelFlags { only: named(), ..LevelFlags::default() }), "awake: warn, set by --only");
        assert_eq!(
            told(off, LevelFlags { only: named(), ..LevelFlags::default() }),
            "awake: allow, set in /p/prisma-safe.toml:2"
        );
        assert_eq!(told(by_path, LevelFlags::default()), "awake: deny, set in /p/prisma-safe.toml:2");
        let other = crate::lint::find_rule("drop-table").expect("a rule");
        assert!(!LevelBook::default().is_asleep(other), "a rule that speaks by default is never asleep");
    }

    #[test]
    fn names_that_are_no_rules_are_all_told() {
        let flags =
            LevelFlags { warn: vec!["unreadble-migration".to_owned(), "zzz".to_owned()], ..LevelFlags::default() };
        let error = LevelBook::new(&LintSettings::default(), &flags, None).expect_err("unknown names");
        insta::assert_snapshot!(crate::error::Error::from(error).report(), @r"
        error: there are no rules `unreadble-migration` (set by --warn), `zzz` (set by --warn)
        why: a level for a rule that does not exist would silently have no effect
        hint: for `unreadble-migration` did you mean `unreadable-migration`?
        hint: all rules: `cargo prisma-safe lint --list`
        ");
    }
}
