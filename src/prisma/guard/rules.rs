//! What the guard lets through: one table, call × kind of target.
//!
//! | needs | target is dev | target is not dev, or not known |
//! |---|---|---|
//! | [`Needs::Nothing`] | pass | pass |
//! | [`Needs::Dev`] | pass | refuse, whatever the run was allowed |
//! | [`Needs::CheckedRun`] | pass | pass when the run was allowed it, or `[guard] ungated-deploy = "allow"`; else refuse |
//! | [`Needs::Permission`] | pass | pass when the run was allowed it; else refuse |
//!
//! A call that the table does not name needs [`Needs::Dev`]: what it does is not known, and unknown is never safe.
//!
//! To add a call: a row in [`RULES`], its line in the test `every_cell`. Methods are those of the JSON-RPC interface of Prisma 5 to 7
//! (`SchemaEngineCLI.ts` at 5.22.0, 6.19.3, 7.10.1), words those of the engine's `cli` sub-command.

use super::pin::Permit;
use super::refusal::Refusal;

/// How a call reaches the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A request on stdin.
    Rpc,
    /// A word after `cli`.
    Cli,
}

/// What a call needs before it may reach the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// It only reads.
    Nothing,
    /// A target that has proved to be a developer's own.
    Dev,
    /// The same, or a run that was checked before it was started, or a project that does not ask for one.
    CheckedRun(Permit),
    /// The same, or a run that was allowed exactly this.
    Permission(Permit),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// How it reaches the engine.
    pub form: Form,
    /// Its name there.
    pub call: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether it may wipe the shadow database.
    pub wipes_shadow: bool,
    /// What it does to the target, for the refusal: "would …".
    pub would: &'static str,
}

const fn reads(form: Form, call: &'static str) -> Rule {
    Rule { form, call, needs: Needs::Nothing, wipes_shadow: false, would: "read" }
}

const fn rule(form: Form, call: &'static str, needs: Needs, would: &'static str) -> Rule {
    Rule { form, call, needs, wipes_shadow: false, would }
}

impl Rule {
    const fn wiping_shadow(self) -> Rule {
        Rule { wipes_shadow: true, ..self }
    }
}

use Form::{Cli, Rpc};
use Needs::{CheckedRun, Dev, Permission};

/// Every call of Prisma 5 to 7.
pub const RULES: &[Rule] = &[
    reads(Rpc, "debugPanic"),
    reads(Rpc, "diff").wiping_shadow(),
    reads(Rpc, "ensureConnectionValidity"),
    reads(Rpc, "getDatabaseDescription"),
    reads(Rpc, "getDatabaseVersion"),
    reads(Rpc, "introspect"),
    reads(Rpc, "introspectSql"),
    reads(Rpc, "listMigrationDirectories"),
    reads(Rpc, "diagnoseMigrationHistory").wiping_shadow(),
    rule(Rpc, "applyMigrations", CheckedRun(Permit::ApplyMigrations), "apply migrations that no gate has seen"),
    rule(Rpc, "markMigrationApplied", CheckedRun(Permit::MarkApplied), "write into the migration history by hand"),
    rule(
        Rpc,
        "markMigrationRolledBack",
        CheckedRun(Permit::MarkRolledBack),
        "write into the migration history by hand",
    ),
    rule(
        Rpc,
        "createDatabase",
        Permission(Permit::CreateDatabase),
        "create a database, which a typo in the URL is enough for",
    ),
    rule(Rpc, "createMigration", Dev, "replay all migrations on a throwaway database of the same server")
        .wiping_shadow(),
    rule(Rpc, "devDiagnostic", Dev, "begin `migrate dev`, which applies pending migrations and asks for resets")
        .wiping_shadow(),
    rule(Rpc, "evaluateDataLoss", Dev, "replay all migrations on a throwaway database of the same server")
        .wiping_shadow(),
    rule(Rpc, "dbExecute", Dev, "run SQL that no migration records"),
    rule(Rpc, "schemaPush", Dev, "change the schema without a migration, with `--force-reset` after dropping all data"),
    rule(Rpc, "reset", Dev, "drop all data"),
    reads(Cli, "can-connect-to-database"),
    rule(
        Cli,
        "create-database",
        Permission(Permit::CreateDatabase),
        "create a database, which a typo in the URL is enough for",
    ),
    rule(Cli, "drop-database", Dev, "drop the database"),
];

/// For calls that the table does not name.
const UNKNOWN: Rule = rule(Rpc, "?", Dev, "do something that this version of the guard does not know");

/// Finds the row for a call.
#[must_use]
pub fn rule_for(form: Form, call: &str) -> Rule {
    RULES.iter().find(|rule| rule.form == form && rule.call == call).copied().unwrap_or(UNKNOWN)
}

/// What is known about the target when a call needs more than reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It passed the dev test.
    Dev,
    /// It did not.
    NotDev {
        /// Why: one line without secrets.
        reason: String,
        /// The environment that it belongs to.
        environment: Option<String>,
        /// What can be done about it.
        hints: Vec<String>,
    },
    /// What it is cannot be told, and why.
    Unknown(String),
}

/// What the run was allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The environment that the run is pinned to.
    pub environment: Option<String>,
    /// Its permits.
    pub permits: std::collections::BTreeSet<Permit>,
    /// `[guard] ungated-deploy = "allow"`.
    pub ungated_deploy: bool,
}

/// Judges a call.
///
/// # Errors
/// The [`Refusal`] to answer with.
pub fn judge(rule: &Rule, call: &str, standing: &Standing, allowance: &Allowance) -> Result<(), Refusal> {
    let permitted = match rule.needs {
        Needs::Nothing => true,
        Needs::Dev => false,
        Needs::CheckedRun(permit) => allowance.ungated_deploy || allowance.permits.contains(&permit),
        Needs::Permission(permit) => allowance.permits.contains(&permit),
    };
    if permitted || *standing == Standing::Dev {
        return Ok(());
    }
    let reason = match standing {
        Standing::Dev => unreachable!("answered above"),
        Standing::NotDev { reason, .. } => reason.clone(),
        Standing::Unknown(reason) => format!("what this database is cannot be told: {reason}"),
    };
    Err(Refusal {
        what: format!("`{}`, because {reason}", shown(call)),
        why: format!("it would {}", rule.would),
        hints: hints(rule, standing, allowance),
    })
}

/// A call's name as it may be printed: what is not one of ours came from outside.
fn shown(call: &str) -> String {
    let safe: String = call.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
    if safe.is_empty() { "unreadable request".to_owned() } else { safe }
}

fn hints(rule: &Rule, standing: &Standing, allowance: &Allowance) -> Vec<String> {
    let (of_target, mut dev) = match standing {
        Standing::NotDev { environment, hints, .. } => (environment.as_deref(), hints.clone()),
        Standing::Dev | Standing::Unknown(_) => (None, Vec::new()),
    };
    let env = allowance.environment.as_deref().or(of_target).unwrap_or("<name>");
    if dev.is_empty() {
        dev.push(
            "if it is yours: give its environment `kind = \"dev\"` in prisma-safe.toml; `cargo prisma-safe env list` shows them"
                .to_owned(),
        );
    }
    let mut hints = match rule.needs {
        Needs::Nothing => return Vec::new(),
        Needs::CheckedRun(Permit::ApplyMigrations) => {
            vec![format!("`cargo prisma-safe deploy --env {env}` checks first, then applies")]
        }
        Needs::CheckedRun(_) => vec![format!("`cargo prisma-safe resolve --env {env}` checks first, then writes")],
        Needs::Permission(_) => {
            return vec![
                format!("check the database's name: `cargo prisma-safe env show {env}`"),
                format!("if it should be created: `cargo prisma-safe deploy --env {env} --create-database`"),
            ];
        }
        Needs::Dev => match rule.call {
            "dbExecute" | "schemaPush" | "createMigration" | "devDiagnostic" | "evaluateDataLoss" => {
                vec!["`cargo prisma-safe new <name>` writes a migration for the change".to_owned()]
            }
            _ => Vec::new(),
        },
    };
    hints.append(&mut dev);
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_dev(reason: &str) -> Standing {
        Standing::NotDev {
            reason: reason.to_owned(),
            environment: Some("production".to_owned()),
            hints: vec!["give it `kind = \"dev\"`".to_owned()],
        }
    }

    /// Every cell of the table: dev · not dev · unknown · not dev with every permit · not dev with ungated deploys.
    #[test]
    fn every_cell() {
        let not_dev = not_dev("its kind is `production`");
        let unknown = Standing::Unknown("no URL was given".to_owned());
        let permits = [Permit::ApplyMigrations, Permit::MarkApplied, Permit::MarkRolledBack, Permit::CreateDatabase];
        let all = Allowance { permits: permits.into_iter().collect(), ..Allowance::default() };
        let ungated = Allowance { ungated_deploy: true, ..Allowance::default() };
        let none = Allowance::default();
        let mut table = String::new();
        for row in RULES.iter().chain([&UNKNOWN]) {
            let cell =
                |standing, allowance| if judge(row, row.call, standing, allowance).is_ok() { "pass" } else { "-" };
            table.push_str(&format!(
                "{:24} {:5} {:5} {:5} {:5} {:5}\n",
                row.call,
                cell(&Standing::Dev, &none),
                cell(&not_dev, &none),
                cell(&unknown, &none),
                cell(&not_dev, &all),
                cell(&not_dev, &ungated),
            ));
        }
        insta::assert_snapshot!(table, @r#"
debugPanic               pass  pass  pass  pass  pass 
diff                     pass  pass  pass  pass  pass 
ensureConnectionValidity pass  pass  pass  pass  pass 
getDatabaseDescription   pass  pass  pass  pass  pass 
getDatabaseVersion       pass  pass  pass  pass  pass 
introspect               pass  pass  pass  pass  pass 
introspectSql            pass  pass  pass  pass  pass 
listMigrationDirectories pass  pass  pass  pass  pass 
diagnoseMigrationHistory pass  pass  pass  pass  pass 
applyMigrations          pass  -     -     pass  pass 
markMigrationApplied     pass  -     -     pass  pass 
markMigrationRolledBack  pass  -     -     pass  pass 
createDatabase           pass  -     -     pass  -    
createMigration          pass  -     -     -     -    
devDiagnostic            pass  -     -     -     -    
evaluateDataLoss         pass  -     -     -     -    
dbExecute                pass  -     -     -     -    
schemaPush               pass  -     -     -     -    
reset                    pass  -     -     -     -    
can-connect-to-database  pass  pass  pass  pass  pass 
create-database          pass  -     -     pass  -    
drop-database            pass  -     -     -     -    
?                        pass  -     -     -     -
"#);
    }

    #[test]
    fn calls_are_named_exactly() {
        for call in ["Reset", "reset ", "resetDatabase", "", "__proto__"] {
            assert_eq!(rule_for(Form::Rpc, call).call, "?", "{call}");
        }
        assert_eq!(rule_for(Form::Cli, "reset").call, "?");
        assert_eq!(rule_for(Form::Rpc, "drop-database").call, "?");
    }

    #[test]
    fn a_refusal_says_what_why_and_what_next() {
        let not_dev = not_dev("`production` leads to `db.example.com`");
        let message =
            |call| judge(&rule_for(Form::Rpc, call), call, &not_dev, &Allowance::default()).unwrap_err().message();
        insta::assert_snapshot!(message("reset"), @r#"
refused by prisma-safe: `reset`, because `production` leads to `db.example.com`
why: it would drop all data
hint: give it `kind = "dev"`
"#);
        insta::assert_snapshot!(message("applyMigrations"), @r#"
refused by prisma-safe: `applyMigrations`, because `production` leads to `db.example.com`
why: it would apply migrations that no gate has seen
hint: `cargo prisma-safe deploy --env production` checks first, then applies
hint: give it `kind = "dev"`
"#);
        insta::assert_snapshot!(message("dbExecute"), @r#"
refused by prisma-safe: `dbExecute`, because `production` leads to `db.example.com`
why: it would run SQL that no migration records
hint: `cargo prisma-safe new <name>` writes a migration for the change
hint: give it `kind = "dev"`
"#);
        insta::assert_snapshot!(message("somethingNew\u{1b}[2J"), @r#"
refused by prisma-safe: `somethingNew2J`, because `production` leads to `db.example.com`
why: it would do something that this version of the guard does not know
hint: give it `kind = "dev"`
"#);
    }
}
