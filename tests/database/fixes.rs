//! A fix leads to the same schema as what it replaces, on SQLite and MariaDB (PostgreSQL has more to compare: `fixes_postgres.rs`).

use std::path::Path;

use prisma_safe::project::Provider;
use prisma_safe::rules;

use crate::case::Case;
use crate::fixture::SqliteFile;
use crate::support::servers::{self, Server};

/// Examples that need objects which they do not create.
const INCOMPLETE: [&str; 1] = ["insert-without-columns"];

/// SQLite keeps the text of each `CREATE`, without `IF NOT EXISTS`.
const SQLITE_SCHEMA: &str = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1";

const MARIADB_SCHEMA: &str = "\
    SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, column_type, is_nullable, coalesce(column_default, '-'), extra, \
    coalesce(collation_name, '-')) AS line FROM information_schema.columns WHERE table_schema = database() \
    UNION ALL SELECT concat_ws(' ', 'index', table_name, index_name, non_unique, seq_in_index, column_name) \
    FROM information_schema.statistics WHERE table_schema = database() \
    UNION ALL SELECT concat_ws(' ', 'constraint', table_name, constraint_name, constraint_type) \
    FROM information_schema.table_constraints WHERE table_schema = database() ORDER BY 1";

/// The schema after the scripts, one after the other; `Err` with the database's words.
type Run<'r> = &'r dyn Fn(&[&str]) -> Result<Vec<String>, String>;

fn on_sqlite(scripts: &[&str]) -> Result<Vec<String>, String> {
    let file = SqliteFile::missing();
    let mut session = file.session();
    for sql in scripts {
        session.try_execute(sql).map_err(|error| format!("{error}\n{sql}"))?;
    }
    Ok(session.column(SQLITE_SCHEMA))
}

fn on_mariadb(server: &'static Server, scripts: &[&str]) -> Result<Vec<String>, String> {
    let database = server.database();
    let mut session = database.session();
    for sql in scripts {
        session.try_execute(sql).map_err(|error| format!("{error}\n{sql}"))?;
    }
    Ok(session.column(MARIADB_SCHEMA))
}

/// Every fix of a provider's examples; how many there were.
fn compare(provider: Provider, run: Run<'_>) -> usize {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for rule in rules::all().filter(|rule| !INCOMPLETE.contains(&rule.slug)) {
        let path = examples.join(rule.slug).join(format!("bad.{provider}.sql"));
        if !path.is_file() {
            continue;
        }
        let case = Case::read(provider, &path);
        let own = case.check().into_iter().filter(|(by, _)| by.slug == rule.slug);
        let fixes: Vec<_> = own.filter_map(|(_, finding)| finding.fix).collect();
        if fixes.is_empty() {
            continue;
        }
        let original = run(&case.scripts().collect::<Vec<_>>());
        for fix in fixes {
            compared += 1;
            let steps = case.fixed(&fix).expect("its edits can be applied");
            let fixed = run(&steps.last().expect("at least the file").scripts().collect::<Vec<_>>());
            if fixed.is_err() || original != fixed {
                wrong.push(format!("`{}` on {provider}:\noriginal {original:#?}\nfixed {fixed:#?}", rule.slug));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compared
}

#[test]
fn every_fix_leads_to_the_same_schema_on_sqlite() {
    let compared = compare(Provider::Sqlite, &on_sqlite);
    assert!(compared >= 3, "only {compared} fixes were compared");
}

#[test]
fn every_fix_leads_to_the_same_schema_on_mariadb() {
    let Some(server) = servers::mariadb() else { return };
    let compared = compare(Provider::Mysql, &|scripts: &[&str]| on_mariadb(server, scripts));
    assert!(compared >= 3, "only {compared} fixes were compared");
}
