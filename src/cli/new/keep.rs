//! Whether a new migration keeps what it takes away, and what is to be known of it.

use crate::cli::Context;
use crate::draft::Draft;
use crate::error::Result;
use crate::project::Provider;
use crate::settings::KeepData;
use crate::shell::{Shell, printable};
use crate::sql::analysis::PrismaVersion;
use crate::sql::archive;

/// The answer of the command line; `None`: nothing was said.
pub(super) fn said(args: &super::Args) -> Option<bool> {
    match (args.keep_data, args.no_keep_data) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Decides. `draft` does not keep anything yet.
///
/// # Errors
/// When the question was not answered.
pub(super) fn decide(context: &mut Context, said: Option<bool>, draft: &Draft) -> Result<bool> {
    if draft.archive.kept.is_empty() {
        return Ok(false);
    }
    if let Some(said) = said {
        return Ok(said);
    }
    let setting = context.settings()?.new.keep_data.clone();
    match setting.value {
        KeepData::Always => {
            context.shell.detail(&format!("the data is kept: `keep-data = \"always\"`, {}", setting.origin));
            Ok(true)
        }
        KeepData::Never => Ok(false),
        KeepData::Ask if context.shell.can_ask() => {
            super::say_losses(&mut context.shell, draft);
            let choices = [
                "keep it: an archive step before the destruction, and its way back in the revert".to_owned(),
                "do not keep it".to_owned(),
            ];
            let question = format!("This migration takes away {}", printable(&lost(draft)));
            Ok(context.shell.select(&question, &choices, "--keep-data")? == 0)
        }
        KeepData::Ask => {
            context.shell.warn(&format!("{} is not kept: nobody was there to ask", printable(&lost(draft))));
            context.shell.hint(
                "add `--keep-data` or `--no-keep-data`; or set `keep-data = \"always\"` in [new] of prisma-safe.toml",
            );
            Ok(false)
        }
    }
}

fn lost(draft: &Draft) -> String {
    draft.archive.kept.iter().map(crate::draft::archive::Kept::shown).collect::<Vec<_>>().join("; ")
}

/// What is kept, where, and what is not.
pub(super) fn tell(shell: &mut Shell, draft: &Draft, provider: Provider, prisma: PrismaVersion) {
    if !draft.keeps {
        return;
    }
    for kept in &draft.archive.kept {
        let what = if kept.whole { "every row of " } else { "the values of " };
        let kept = format!("{what}{}, in {}", kept.shown(), kept.quoted(provider));
        shell.note(&format!("             + it keeps {}", printable(&kept)));
    }
    for (left_out, why) in &draft.archive.left_out {
        shell.warn(&format!("not kept: it {}: {why}", printable(&crate::deploy::plan::loss(left_out))));
    }
    if !archive::has_schema(provider) {
        tell_of_drift(shell, draft, prisma);
    }
}

/// Where there is one namespace, Prisma sees the archive like any other table.
fn tell_of_drift(shell: &mut Shell, draft: &Draft, prisma: PrismaVersion) {
    let names: Vec<String> = draft.archive.kept.iter().map(|kept| kept.archive.clone()).collect();
    let list = names.iter().map(|name| format!("`{}`", printable(name))).collect::<Vec<_>>().join(", ");
    shell.warn(&format!(
        "Prisma sees {list} as a table that the schema lacks: its own `migrate dev` would drop it with the next migration (`cargo prisma-safe new` does not)"
    ));
    // `tables.external` came with 6.13 (prisma-facts §8).
    if prisma.major > 6 || (prisma.major == 6 && prisma.minor.is_some_and(|minor| minor >= 13)) {
        let list = names.iter().map(|name| format!("\"{}\"", printable(name))).collect::<Vec<_>>().join(", ");
        shell.hint(&format!(
            "add to prisma.config.ts: `experimental: {{ externalTables: true }}, tables: {{ external: [{list}] }}`"
        ));
    }
}
