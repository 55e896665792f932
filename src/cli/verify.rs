//! `verify`: runs migrations and their reverts on a throwaway database.

mod clean;
pub(super) mod place;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Context;
use super::verify_prisma::Prisma;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::lint::changed;
use crate::migrations::name::{self, Fit, slug_of};
use crate::migrations::{Migration, MigrationsFolder};
use crate::prisma::launch::{self, Launch};
use crate::project::Project;
use crate::report::verify::{Document, Format, human};
use crate::revert::VerifyError;
use crate::revert::prove::{Demands, Job, Proof, Verdict, history_keys, prove};
use crate::revert::receipt::{self, RowsFrom};
use crate::revert::rows::SEED;
use crate::revert::second_opinion::SecondOpinion;
use crate::revert::seed::SeedFile;
use crate::revert::throwaway::{Reuse, Server};
use crate::settings::shown;
use crate::shell::{count, printable};

/// `verify`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Migrations: the folder's name, or a part that only one has [default: the newest one]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Every migration
    #[arg(long, conflicts_with_all = ["names", "changed"])]
    pub all: bool,
    /// Those that are new or edited against --base
    #[arg(long, conflicts_with = "names")]
    pub changed: bool,
    /// What --changed compares with
    #[arg(long, value_name = "REF", default_value = "main", requires = "changed")]
    pub base: String,
    /// SQL files with rows of your own, run after the earlier migrations; may be repeated [default: `seed` in the settings]
    #[arg(long, value_name = "FILE")]
    pub seed: Vec<PathBuf>,
    /// What the rows of our own making are made from
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub row_seed: u64,
    /// Ask Prisma, too, whether the schema came back: one start of it for each migration [default: `prisma-diff` in the settings]
    #[arg(long)]
    pub prisma_diff: bool,
    /// Where a destructive migration has no revert script, make one from the catalogue before and after it, prove it, and write it (PostgreSQL)
    #[arg(long)]
    pub write_revert: bool,
    /// Apply every earlier migration anew: use nothing that an earlier run has kept, and keep nothing
    #[arg(long)]
    pub cold: bool,
    /// Format of stdout
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Remove what killed runs have left: servers and folders of this machine, databases on the server of `server-env`
    Clean(clean::Args),
}

/// Runs it.
///
/// # Errors
/// When the project cannot be read, a name fits none or several, or no throwaway database can be made.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    if let Some(Action::Clean(clean)) = &args.action {
        return clean::run(clean, context);
    }
    let project = context.project()?;
    let folder = MigrationsFolder::read(&project.migrations_dir)?;
    let chosen = choose(&args, &folder)?;
    let seeds = seeds(&args, context, &project)?;
    let mut document = Document { server: None, row_seed: args.row_seed, seeds: &seeds, proofs: &[] };
    if chosen.is_empty() {
        write(&args, context, &document);
        let none = if folder.migrations.is_empty() { "there are no migrations" } else { "no migration has changed" };
        context.shell.status("Finished", &format!("nothing to verify: {none}"));
        return Ok(ExitCode::Done);
    }
    let (server, proofs) = prove_all(&args, context, &project, &folder, &chosen, &seeds)?;
    let folder = if write_reverts(context, &folder, &proofs)? {
        MigrationsFolder::read(&project.migrations_dir)?
    } else {
        folder
    };
    let rows = RowsFrom { seed: args.row_seed, files: &seeds };
    for proof in &proofs {
        if let Some(path) = receipt::write(&project.root, &folder, proof, &server, &rows)? {
            context.shell.detail(&format!("wrote {}", shown(&path).display()));
        }
    }
    document.server = Some(&server);
    document.proofs = &proofs;
    write(&args, context, &document);
    Ok(conclude(context, &folder, &proofs))
}

/// Writes what was made and restores. `true`: there was something.
fn write_reverts(context: &mut Context, folder: &MigrationsFolder, proofs: &[Proof]) -> Result<bool> {
    let mut any = false;
    for proof in proofs {
        let Some(text) = &proof.drafted else { continue };
        let file = format!("revert_{}.sql", slug_of(&proof.name));
        let path = folder.path.join(&proof.name).join(file);
        let failed = |cause| VerifyError::Revert { path: path.clone(), cause };
        let into = path.parent().unwrap_or(&folder.path);
        let mut new = tempfile::Builder::new().prefix(".writing-").tempfile_in(into).map_err(failed)?;
        std::io::Write::write_all(&mut new, text.as_bytes()).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // A temporary file is private by default; a revert is for the team.
            new.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
        }
        // One that nobody has written yet may be there.
        new.persist(&path).map_err(|error| failed(error.error))?;
        context.shell.status("Created", &shown(&path).display().to_string());
        any = true;
    }
    Ok(any)
}

/// The formats for machines; people have read it already.
fn write(args: &Args, context: &mut Context, document: &Document<'_>) {
    // A reader that went away is no error of ours.
    let _ = document.write(args.format, context.shell.data_writer());
}

fn seeds(args: &Args, context: &Context, project: &Project) -> Result<Vec<SeedFile>> {
    let here = std::env::current_dir().unwrap_or_default();
    let files = if args.seed.is_empty() {
        context.settings()?.verify.seed.value.clone()
    } else {
        args.seed.iter().map(|file| here.join(file)).collect()
    };
    Ok(files.iter().map(|file| SeedFile::read(project.provider, &project.root, file)).collect::<Result<_, _>>()?)
}

fn prove_all(
    args: &Args,
    context: &mut Context,
    project: &Project,
    folder: &MigrationsFolder,
    chosen: &BTreeSet<String>,
    seeds: &[SeedFile],
) -> Result<(Server, Vec<Proof>)> {
    let settings = context.settings()?.verify.clone();
    let prisma = launch::version(project);
    let keys = history_keys(folder, project.provider, Some(prisma));
    let before = folder.migrations.iter().take_while(|migration| !chosen.contains(&migration.name)).count();
    let reuse = Reuse { keys: &keys[..before.min(keys.len())], cold: args.cold };
    let mut place = place::open(context, &place::Plan { project, folder, chosen }, &reuse)?;
    let server = place.server().clone();
    let as_prisma = match prisma.minor {
        Some(minor) => format!("Prisma {}.{minor}", prisma.major),
        None => format!("Prisma {}", prisma.major),
    };
    let rows = match seeds {
        [] => format!("rows from seed {}", args.row_seed),
        files => {
            let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.shown())).collect();
            format!("rows of {}, others from seed {}", names.join(", "), args.row_seed)
        }
    };
    let what = format!("{} on {}, as {as_prisma} runs them ({rows})", count(chosen.len(), "migration"), place.place());
    context.shell.status("Proving", &what);
    let prisma_diff = if args.prisma_diff || settings.prisma_diff.value {
        let all = context.settings()?;
        Some(Prisma { project, launch: Launch::of(project, &all)? })
    } else {
        None
    };
    let demands = Demands { old_application: settings.old_application.value, runs_twice: settings.runs_twice.value };
    let job = Job {
        folder,
        provider: project.provider,
        prisma: Some(prisma),
        chosen,
        row_seed: args.row_seed,
        seeds,
        demands,
        draft: args.write_revert,
        prisma_diff: prisma_diff.as_ref().map(|asked| asked as &dyn SecondOpinion),
    };
    let color = context.shell.out_color();
    let human = args.format == Format::Human;
    if place.applied() > 0 {
        let kept = count(place.applied(), "earlier migration");
        context.shell.detail(&format!("{kept}: applied by an earlier run (`--cold` applies all of them again)"));
    }
    let mut told = 0;
    let mut tell = |proof: &Proof| {
        told += 1;
        if human {
            context.shell.data(&human::proof(proof, color));
        }
    };
    let proofs = match prove(&job, &mut *place, &mut tell) {
        // Perhaps because of what was kept. A proof is told once only.
        Err(VerifyError::Sql { .. }) if place.applied() > 0 && told == 0 => {
            place.forget();
            let reuse = Reuse { cold: true, ..reuse };
            let mut place = place::open(context, &place::Plan { project, folder, chosen }, &reuse)?;
            prove(&job, &mut *place, &mut |proof: &Proof| {
                if human {
                    context.shell.data(&human::proof(proof, color));
                }
            })
        }
        proofs => proofs,
    };
    Ok((server, proofs?))
}

fn choose(args: &Args, folder: &MigrationsFolder) -> Result<BTreeSet<String>> {
    let mut all = folder.migrations.iter().map(|migration| migration.name.clone());
    if args.all {
        return Ok(all.collect());
    }
    if args.changed {
        if folder.migrations.is_empty() {
            return Ok(BTreeSet::new());
        }
        let changed = changed::since(&folder.path, &args.base)?;
        return Ok(all.filter(|name| changed.all.contains(name)).collect());
    }
    if args.names.is_empty() {
        return Ok(all.next_back().into_iter().collect());
    }
    args.names.iter().map(|name| Ok(find(name, folder)?.name.clone())).collect()
}

/// By the whole name, or by a part of it that only one has. A path to the folder is its name.
fn find<'f>(name: &str, folder: &'f MigrationsFolder) -> Result<&'f Migration, VerifyError> {
    match name::find(name, folder.migrations.iter().map(|migration| migration.name.as_str())) {
        Fit::One(found) => Ok(folder.get(found).expect("the name came from there")),
        Fit::None(nearest) => {
            Err(VerifyError::NoSuchMigration { name: name.to_owned(), nearest: nearest.map(str::to_owned) })
        }
        Fit::Several(several) => Err(VerifyError::SeveralMigrations {
            name: name.to_owned(),
            candidates: several.into_iter().map(str::to_owned).collect(),
        }),
    }
}

fn conclude(context: &mut Context, folder: &MigrationsFolder, proofs: &[Proof]) -> ExitCode {
    let with = |wanted: Verdict| proofs.iter().filter(move |proof| proof.verdict == wanted);
    let failed = proofs.iter().filter(|proof| proof.failed).count();
    let (proven, schema_only) = (with(Verdict::Proven).count(), with(Verdict::SchemaOnly).count());
    let shell = &mut context.shell;
    shell.status(
        "Finished",
        &format!("{}: {proven} proven, {schema_only} schema only, {failed} failed", count(proofs.len(), "migration")),
    );
    if schema_only > 0 {
        shell.warn("where only the schema comes back, the data has to be kept before the migration drops it");
    }
    for proof in with(Verdict::NoRevert) {
        let slug = slug_of(&proof.name);
        let path = shown(&folder.path).join(&proof.name).join(format!("revert_{slug}.sql"));
        shell.hint(&format!("write `{}`", printable(&path.display().to_string())));
    }
    if proofs.iter().any(|proof| proof.failed && proof.breaks_promise()) {
        shell.warn("an expand step must not break the version that runs: make the change in two migrations, or one that adds only");
    }
    if failed > 0 { ExitCode::Findings } else { ExitCode::Done }
}
