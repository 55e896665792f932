//! Whether a coding agent started us, by the variables that Prisma 7.9 looks at before a dangerous command. Variables are easily unset, so
//! nothing is let through because of them: a deploy to what is not dev asks an agent for more (the hash of a plan), never for less, and the variable of
//! consent that Prisma then asks for is the user's to set.

use crate::project::Variables;

/// The variable in which Prisma (6.15 and later) wants the user's consent.
pub const CONSENT_VARIABLE: &str = "PRISMA_USER_CONSENT_FOR_DANGEROUS_AI_ACTION";

/// Variables that only these programs set; `None`: any value that is not empty.
const MARKS: &[(&str, Option<&str>, &str)] = &[
    ("CLAUDECODE", None, "Claude Code"),
    ("CODEX_THREAD_ID", None, "Codex"),
    ("CODEX_CI", None, "Codex"),
    ("CODEX_SANDBOX", None, "Codex"),
    ("CODEX_SANDBOX_NETWORK_DISABLED", None, "Codex"),
    ("GEMINI_CLI", None, "Gemini CLI"),
    ("QWEN_CODE", None, "Qwen Code"),
    ("CURSOR_AGENT", None, "Cursor"),
    ("COPILOT_CLI", None, "Copilot CLI"),
    ("OPENCODE", None, "OpenCode"),
    ("OPENCODE_CLIENT", None, "OpenCode"),
    ("CLINE_ACTIVE", None, "Cline"),
    ("AGENT", Some("goose"), "goose"),
    ("AGENT", Some("amp"), "Amp"),
    ("CRUSH", None, "Crush"),
    ("OR_APP_NAME", Some("Aider"), "Aider"),
    ("AUGMENT_AGENT", None, "Augment"),
    ("ANTIGRAVITY_AGENT", None, "Antigravity"),
    ("AI_AGENT", None, "an agent"),
    ("AGENT", None, "an agent"),
];

/// The agent that started us.
#[must_use]
pub fn detect(variables: &Variables) -> Option<&'static str> {
    let is_set = |name: &str, wanted: Option<&str>| {
        variables.get(name).is_some_and(|value| wanted.is_none_or(|wanted| wanted == value))
    };
    MARKS.iter().find(|(name, wanted, _)| is_set(name, *wanted)).map(|(.., agent)| *agent)
}

/// What to say before a command that Prisma itself will stop without consent. `None`: it will not.
#[must_use]
pub fn notice(variables: &Variables) -> Option<String> {
    if variables.get(CONSENT_VARIABLE).is_some() {
        return None;
    }
    detect(variables).map(|agent| {
        format!("started by {agent}: Prisma itself goes on only when the user has put their consent into `{CONSENT_VARIABLE}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_known_by_prismas_own_list() {
        let seen = |pairs: &[(&str, &str)]| detect(&pairs.iter().copied().collect());
        assert_eq!(seen(&[("CLAUDECODE", "1")]), Some("Claude Code"));
        assert_eq!(seen(&[("AGENT", "amp")]), Some("Amp"));
        assert_eq!(seen(&[("AGENT", "something")]), Some("an agent"));
        assert_eq!(seen(&[("OR_APP_NAME", "Other"), ("AGENT", "")]), None);
        assert_eq!(notice(&[("CRUSH", "1"), (CONSENT_VARIABLE, "yes")].into_iter().collect()), None);
    }
}
