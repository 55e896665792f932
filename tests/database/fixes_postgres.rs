//! A fix leads to the same schema as what it replaces: both are executed, migration by migration, and the catalogues compared.

use std::path::{Path, PathBuf};

use prisma_safe::project::Provider;
use prisma_safe::rules;
use prisma_safe::sql;

use crate::case::Case;
use crate::support::servers::{self, Server};

/// Columns, constraints, indexes and enums. Values of an enum without their order: a fix may put one in another place on purpose.
const SCHEMA: &str = "\
    SELECT format('column %s.%s %s %s %s', c.relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) \
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum \
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') AND attnum > 0 AND NOT attisdropped \
    UNION ALL SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) \
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT format('index %s %s', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid \
    WHERE relnamespace = 'public'::regnamespace \
    UNION ALL SELECT format('value %s %s', enumtypid::regtype, enumlabel) FROM pg_enum ORDER BY 1";

/// Examples whose last migration the server refuses: the hazard itself.
const REFUSED: [&str; 1] = ["enum-value-in-transaction"];

/// Runs each migration as Prisma up to 7.3 does, as one query, or statement by statement as later ones do where the server refuses that;
/// `Err` with the server's words.
fn run(server: &'static Server, scripts: &[&str]) -> Result<Vec<String>, String> {
    let database = server.database();
    let mut session = database.session();
    session.execute("SET client_min_messages = error");
    for &text in scripts {
        let Err(error) = session.try_execute(text) else { continue };
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        if code != "25001" {
            return Err(format!("{error}\n{text}"));
        }
        let script = sql::read(Provider::Postgresql, text.as_bytes()).expect("text");
        for statement in &script.statements {
            session.try_execute(script.slice(statement.span)).map_err(|error| format!("{error}\n{text}"))?;
        }
    }
    Ok(session.column(SCHEMA))
}

#[test]
fn every_fix_leads_to_the_same_schema() {
    let Some(server) = servers::postgres() else { return };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut wrong = Vec::new();
    let mut compared = 0;
    for rule in rules::all() {
        let path: PathBuf = examples.join(rule.slug).join("bad.postgresql.sql");
        if !path.is_file() {
            continue;
        }
        let case = Case::read(Provider::Postgresql, &path);
        let own = case.check().into_iter().filter(|(by, _)| by.slug == rule.slug);
        let fixes: Vec<_> = own.filter_map(|(by, finding)| Some((by.slug, finding.fix?))).collect();
        if fixes.is_empty() {
            continue;
        }
        let original = run(server, &case.scripts().collect::<Vec<_>>());
        for (slug, fix) in fixes {
            let fixed = case.fixed(&fix).expect("its edits can be applied");
            let fixed = run(server, &fixed.last().expect("at least the file").scripts().collect::<Vec<_>>());
            match (&original, fixed) {
                (Ok(original), Ok(fixed)) if *original == fixed => compared += 1,
                (Ok(original), Ok(fixed)) => {
                    let lost: Vec<_> = original.iter().filter(|line| !fixed.contains(line)).collect();
                    let new: Vec<_> = fixed.iter().filter(|line| !original.contains(line)).collect();
                    wrong.push(format!("`{slug}` in {}: lost {lost:#?}, new {new:#?}", path.display()));
                }
                (Err(_), Ok(_)) if REFUSED.contains(&slug) => compared += 1,
                // Many examples need objects that they do not create; those about locks are whole.
                (Err(_), _) if !rule.id.starts_with("PS2") => {}
                (Err(why), _) => wrong.push(format!("{}: the example does not run: {why}", path.display())),
                (_, Err(why)) => wrong.push(format!("the fix of `{slug}` in {} does not run: {why}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared >= 10, "only {compared} fixes were compared");
}
