//! What we call destructive against what Prisma itself has warned of.

use std::collections::BTreeMap;
use std::fs;

use prisma_safe::project::Provider;
use prisma_safe::sql::analysis::{Destroyed, Destruction, judge};
use prisma_safe::sql::history_state::State;
use prisma_safe::sql::model::Script;
use prisma_safe::sql::{self};

/// One line of `prisma-warnings.tsv`.
struct Warning {
    kind: String,
    table: String,
    column: String,
    text: String,
}

/// Warnings whose statement is not in the file any more (or never took anything): the migration was edited after Prisma wrote it.
const EDITED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "dungnguyenhd__ngtbackend/20230420103045_init",
        "alter_column_cast",
        "user",
        "type",
        "the file creates the tables anew and alters none",
    ),
    (
        "dungnguyenhd__ngtbackend/20230420103045_init",
        "alter_column_cast",
        "user",
        "status",
        "the file creates the tables anew and alters none",
    ),
    (
        "dungnguyenhd__ngtbackend/20230420103045_init",
        "alter_column_cast",
        "user",
        "level",
        "the file creates the tables anew and alters none",
    ),
    (
        "formbricks__formbricks/20231114143459_rename_branding",
        "drop_column",
        "Product",
        "formbricksSignature",
        "made a rename",
    ),
    (
        "langfuse__langfuse/20251218102933_score_configs_rename_score_data_type_enum",
        "drop_recreate_column",
        "score_configs",
        "data_type",
        "made a rename of the type",
    ),
    (
        "linkwarden__linkwarden/20231221174844_rename_fields_and_add_preview",
        "drop_column",
        "Link",
        "pdf",
        "made a rename",
    ),
    (
        "linkwarden__linkwarden/20231221174844_rename_fields_and_add_preview",
        "drop_column",
        "Link",
        "readable",
        "made a rename",
    ),
    (
        "linkwarden__linkwarden/20231221174844_rename_fields_and_add_preview",
        "drop_column",
        "Link",
        "screenshotPath",
        "made a rename",
    ),
    ("lukevella__rallly/20220624111614_rename_poll_id", "drop_column", "polls", "url_id", "made a rename"),
    (
        "lukevella__rallly/20220624111614_rename_poll_id",
        "primary_key_change",
        "polls",
        "",
        "the key moves with the renamed column",
    ),
    (
        "stonith404__pingvin-share/20230104145733_v0_5_1",
        "primary_key_change",
        "RefreshToken",
        "",
        "made a drop of the whole table, which is found as such",
    ),
    (
        "stonith404__pingvin-share/20230209205230_v0_10_0",
        "drop_column",
        "ReverseShare",
        "used",
        "its values are carried over into another column",
    ),
];

/// Prisma 5 warned again and again that MySQL's `TIMESTAMP` becomes `TIMESTAMP`: both are the same type and nothing is lost.
fn is_no_change(warning: &Warning) -> bool {
    warning.text.contains("from `Timestamp(0)` to `Timestamp`")
}

fn kinds(kind: &str) -> Option<&'static [Destroyed]> {
    Some(match kind {
        "drop_table" => &[Destroyed::Table],
        "drop_column" | "drop_recreate_column" => &[Destroyed::Column],
        "alter_column_cast" => &[Destroyed::Cast, Destroyed::EnumValues],
        "primary_key_change" => &[Destroyed::PrimaryKey],
        "enum_values_removed" => &[Destroyed::EnumValues],
        _ => return None,
    })
}

fn warnings() -> Option<BTreeMap<(String, String), Vec<Warning>>> {
    let folder = super::corpus::folder()?;
    let text = fs::read_to_string(folder.join("prisma-warnings.tsv")).ok()?;
    let mut map: BTreeMap<_, Vec<Warning>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let f: Vec<&str> = line.split('\t').collect();
        let warning =
            Warning { kind: f[3].to_owned(), table: f[4].to_owned(), column: f[5].to_owned(), text: f[6].to_owned() };
        map.entry((f[0].to_owned(), f[2].to_owned())).or_default().push(warning);
    }
    Some(map)
}

fn found(warning: &Warning, kinds: &[Destroyed], destructions: &[Destruction]) -> bool {
    destructions.iter().filter(|d| kinds.contains(&d.what)).any(|d| {
        let table = d.name.as_ref().is_some_and(|n| n.object.value.eq_ignore_ascii_case(&warning.table));
        let column = d.column.as_ref().is_some_and(|c| c.value.eq_ignore_ascii_case(&warning.column));
        table && (warning.column.is_empty() || column || !matches!(kinds[0], Destroyed::Column | Destroyed::Cast))
    })
}

/// The other way round: losses that no warning of Prisma's is about.
#[derive(Default)]
struct Unwarned {
    total: usize,
    lines: Vec<String>,
    counts: BTreeMap<(Destroyed, Provider), usize>,
}

impl Unwarned {
    fn add(&mut self, provider: Provider, path: &str, script: &Script, losses: &[Destruction], warnings: &[Warning]) {
        for loss in losses {
            self.total += 1;
            let is_warned = |warning: &Warning| {
                kinds(&warning.kind).is_some_and(|kinds| {
                    kinds.contains(&loss.what) && found(warning, kinds, std::slice::from_ref(loss))
                })
            };
            if !warnings.iter().any(is_warned) {
                let name = loss.name.as_ref().map_or_else(String::new, ToString::to_string);
                let column = loss.column.as_ref().map_or_else(String::new, ToString::to_string);
                let line = script.line_column(loss.span.start).0;
                let has_any = if warnings.is_empty() { "none" } else { "others" };
                self.lines.push(format!("{:?}\t{path}\t{line}\t{name}\t{column}\twarnings: {has_any}", loss.what));
                *self.counts.entry((loss.what, provider)).or_default() += 1;
            }
        }
    }

    fn print(&self) {
        self.lines.iter().for_each(|line| eprintln!("{line}"));
        eprintln!("{} of {} losses have no warning", self.lines.len(), self.total);
        for ((what, provider), count) in &self.counts {
            eprintln!("{count:>5}  {what:?}, {}", provider.as_str());
        }
    }
}

#[test]
fn every_loss_that_prisma_warned_of_is_found() {
    let sources = super::corpus::sources();
    let Some(warnings) = warnings() else { return };
    let mut missed = Vec::new();
    let mut excused = 0;
    let mut counts: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut unwarned = Unwarned::default();
    for source in &sources {
        let mut state = State::new(source.provider);
        for (name, bytes) in &source.migrations {
            let script = sql::read(source.provider, bytes).expect("the corpus is UTF-8");
            let judgement = judge(&script, &state, None);
            for warning in warnings.get(&(source.name.clone(), name.clone())).into_iter().flatten() {
                let Some(kinds) = kinds(&warning.kind) else { continue };
                if is_no_change(warning) {
                    excused += 1;
                    continue;
                }
                let count = counts.entry((source.name.clone(), warning.kind.clone())).or_default();
                count.1 += 1;
                if found(warning, kinds, &judgement.destructions) {
                    count.0 += 1;
                } else {
                    missed.push((
                        format!("{}/{name}", source.name),
                        warning.kind.clone(),
                        warning.table.clone(),
                        warning.column.clone(),
                    ));
                }
            }
            let of_file = warnings.get(&(source.name.clone(), name.clone())).map_or(&[][..], Vec::as_slice);
            unwarned.add(
                source.provider,
                &format!("{}/{name}", source.name),
                &script,
                &judgement.destructions,
                of_file,
            );
            state.begin_migration(name, false);
            for statement in &script.statements {
                state.apply(&script, statement);
            }
        }
    }
    unwarned.print();
    eprintln!("found  of  source, kind");
    for ((source, kind), (found, of)) in &counts {
        eprintln!("{found:>5} {of:>3}  {source}, {kind}");
    }
    eprintln!("{excused} warnings of a change of TIMESTAMP to itself left out");
    for (path, kind, table, column) in &missed {
        let edited = EDITED.iter().find(|e| (e.0, e.1, e.2, e.3) == (path, kind, table, column));
        let Some(edited) = edited else { panic!("not found: {path} {kind} {table}.{column}") };
        eprintln!("edited away: {path} {kind} {table}.{column}: {}", edited.4);
    }
    assert_eq!(missed.len(), if sources.is_empty() { 0 } else { EDITED.len() }, "an exception is not needed any more");
}
