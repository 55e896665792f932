//! How the guard says no: one message in the house shape (what, why, hints), which Prisma prints after its own `Error: `.

/// Begins every refusal, so that the wrapper finds it again in what Prisma printed.
const HEAD: &str = "refused by prisma-safe: ";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused, and the reason that matched. One line, no URL, no SQL.
    pub what: String,
    /// What it would mean in production.
    pub why: String,
    /// The next steps.
    pub hints: Vec<String>,
}

impl Refusal {
    /// The whole message.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = format!("{HEAD}{}\nwhy: {}", self.what, self.why);
        for hint in &self.hints {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        text
    }
}

/// Finds a refusal in what Prisma printed on stderr: its whole message. Prisma prints `Error: ` before it, `cli` calls also a code.
#[must_use]
pub fn find(stderr: &str) -> Option<String> {
    let start = stderr.match_indices(HEAD).map(|(at, _)| at).find(|at| {
        let line = &stderr[stderr[..*at].rfind('\n').map_or(0, |end| end + 1)..*at];
        line.trim_start().starts_with("Error: ") || line.trim().is_empty()
    })?;
    let mut lines = stderr[start..].lines();
    let mut kept = vec![lines.next()?.trim_end()];
    kept.extend(lines.map(str::trim_end).take_while(|line| line.starts_with("why: ") || line.starts_with("hint: ")));
    Some(kept.join("\n"))
}
