//! `new --undo-of`: reads the earlier migration and its revert script, and looks afterwards whether schema.prisma fits the result.

use super::Context;
use crate::draft::difference::{Base, Question};
use crate::draft::undo::{self, Undo};
use crate::environment::source::Sources;
use crate::error::Result;
use crate::migrations::MigrationsFolder;
use crate::migrations::name::{self, Fit};
use crate::prisma::launch::{self, Launch};
use crate::revert::VerifyError;
use crate::revert::run::script;
use crate::shell::{Shell, count, printable};
use crate::sql::history_state::State;

/// What is taken back, and with what.
pub(super) struct Undoing {
    /// The earlier migration.
    pub name: String,
    /// Migrations after it.
    after: usize,
    /// The new one's files.
    pub undo: Undo,
}

/// Reads it.
///
/// # Errors
/// When no migration, or several, have that name, or its revert script is not there or not written.
pub(super) fn read(context: &Context, folder: &MigrationsFolder, typed: &str, state: &State) -> Result<Undoing> {
    let project = context.project()?;
    let names = folder.migrations.iter().map(|migration| migration.name.as_str());
    let name = match name::find(typed, names) {
        Fit::One(found) => found.to_owned(),
        Fit::None(nearest) => {
            let nearest = nearest.map(str::to_owned);
            return Err(VerifyError::NoSuchMigration { name: typed.to_owned(), nearest }.into());
        }
        Fit::Several(several) => {
            let candidates = several.into_iter().map(str::to_owned).collect();
            return Err(VerifyError::SeveralMigrations { name: typed.to_owned(), candidates }.into());
        }
    };
    let migration = folder.get(&name).expect("the name came from there");
    let revert = script::read(project.provider, migration, state)?;
    let original = migration.script.as_deref().unwrap_or_default();
    let prisma = Some(launch::version(&project));
    let undo = undo::write(project.provider, prisma, (&name, original), (&revert.file, revert.script.text.as_bytes()))?;
    let after = folder.migrations.iter().skip_while(|other| other.name != name).count() - 1;
    Ok(Undoing { name, after, undo })
}

impl Undoing {
    /// The words that its folder is named by, where none were given.
    pub(super) fn words(&self) -> String {
        format!("undo {}", name::slug_of(&self.name))
    }

    /// What the author has to know of it.
    pub(super) fn tell(&self, shell: &mut Shell) {
        if self.after > 0 {
            shell.warn(&format!(
                "{} after `{}`: what they built on it goes with it; `cargo prisma-safe verify` tries that",
                if self.after == 1 { "1 migration came".to_owned() } else { format!("{} migrations came", self.after) },
                printable(&self.name)
            ));
        }
        if !self.undo.left_out.is_empty() {
            let lines: Vec<String> = self.undo.left_out.iter().map(ToString::to_string).collect();
            shell.warn(&format!(
                "the new revert script leaves out {} of `{}` (line {}): they changed rows, and those of now are others",
                count(lines.len(), "statement"),
                printable(&self.name),
                lines.join(", ")
            ));
        }
    }
}

/// Whether schema.prisma is what the migrations, the new one included, lead to. What cannot be asked is said.
pub(super) fn compare(context: &mut Context) {
    context.shell.status("Asking", "Prisma whether schema.prisma fits the migrations now");
    match ask(context) {
        Ok(None) => context.shell.status("Finished", "schema.prisma fits: nothing is left to change"),
        Ok(Some(sql)) => {
            let shell = &mut context.shell;
            shell.warn("schema.prisma still wants what was taken back: change it back, too; this is what `new` would write otherwise");
            for line in printable(&sql).lines().filter(|line| !line.trim().is_empty()) {
                shell.note(&format!("             {line}"));
            }
        }
        Err(error) => {
            let shell = &mut context.shell;
            shell.warn(&format!("whether schema.prisma fits could not be asked: {}", first_line(&error.to_string())));
            shell.hint("change schema.prisma back, then: `cargo prisma-safe new check --from migrations --dry-run` has nothing to do");
        }
    }
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or_default()).into_owned()
}

fn ask(context: &Context) -> Result<Option<String>> {
    let (settings, project) = (context.settings()?, context.project()?);
    let environment = context.environment()?;
    let sources = Sources { settings: &settings, project: &project, variables: &context.variables };
    let url = sources.urls(&environment)?.migrate().url.clone();
    let shadow = sources.shadow(&environment)?;
    let launch = Launch::of(&project, &settings)?;
    let question = Question {
        launch: &launch,
        schema: project.schema.path.clone(),
        base: Base::Migrations(project.migrations_dir.clone()),
        url: &url,
        environment: (&environment.name.value, environment.kind.value),
        shadow: shadow.as_ref().map(|found| &found.url),
    };
    question.forward()
}
