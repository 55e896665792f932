//! A project with three migrations whose effects can be counted, and its database.

use super::Place;
use super::proxy::Proxy;
use crate::bed::{Bed, host};
use crate::support::servers::{Mortal, TestDatabase};

pub const MIGRATIONS: [(&str, &str); 3] = [
    (
        "20260105090000_first",
        "CREATE TABLE \"Tally\" (\"migration\" TEXT NOT NULL);\n\nINSERT INTO \"Tally\" VALUES ('first');\n",
    ),
    (
        "20260112090000_second",
        "CREATE TABLE \"Post\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\n\nINSERT INTO \"Tally\" VALUES ('second');\n",
    ),
    (
        "20260119090000_third",
        "ALTER TABLE \"Post\" ADD COLUMN \"title\" TEXT;\n\nINSERT INTO \"Tally\" VALUES ('third');\n",
    ),
];

/// Stands where Prisma is: waits before or after it where the test says so.
const PRISMA: &str = r#"hold() {
  [ "$PRISMA_SAFE_TEST_HOLD" = "$1" ] || return 0
  echo $$ > paused.new && mv paused.new paused
  while [ -e hold ]; do sleep 0.01; done
}
hold starting
[ "$PRISMA_SAFE_TEST_HOLD" = ended ] || exec node node_modules/prisma/build/index.js "$@"
node node_modules/prisma/build/index.js "$@"
code=$?
hold ended
exit $code
"#;

/// Is asked for a backup, or after the latest one.
const BACKUP: &str = r#"if [ "$PRISMA_SAFE_TEST_HOLD" = backup ]; then
  echo $$ > paused.new && mv paused.new paused
  while [ -e hold ]; do sleep 0.01; done
fi
date -u +%Y-%m-%dT%H:%M:%SZ
"#;

pub enum Data {
    Sqlite,
    Postgres { mortal: Mortal, proxy: Proxy, database: Option<TestDatabase> },
}

pub struct Stage {
    pub data: Data,
    pub bed: Bed,
}

impl Stage {
    /// `None` where there is no server.
    pub fn new(place: Place, name: &str) -> Option<Self> {
        let data = match place {
            Place::Sqlite => Data::Sqlite,
            Place::Postgres => {
                let mortal = Mortal::start(name)?;
                let proxy = Proxy::to(mortal.server.port);
                Data::Postgres { mortal, proxy, database: None }
            }
        };
        Some(Stage { data, bed: Bed::without_prisma(7) })
    }

    /// An empty database and a fresh project. `backup` is a key of `[env.production.backup]`.
    pub fn clear(&mut self, backup: &str) {
        let mut bed = match &mut self.data {
            Data::Sqlite => {
                let bed = Bed::new(7);
                std::fs::write(bed.database("app.db"), "").unwrap();
                // An empty file is no database yet.
                bed.sqlite("PRAGMA user_version = 1");
                bed
            }
            Data::Postgres { mortal, proxy, database } => {
                let new = mortal.server.database();
                let url = new.url().replace(&format!(":{}/", mortal.server.port), &format!(":{}/", proxy.port));
                *database = Some(new);
                Bed::postgres(7, &format!("{url}?connect_timeout=2"))
            }
        };
        std::fs::remove_dir_all(bed.migrations()).unwrap();
        for (name, sql) in MIGRATIONS {
            bed.migration(name, sql);
        }
        let provider = if matches!(self.data, Data::Sqlite) { "sqlite" } else { "postgresql" };
        bed.write("prisma/migrations/migration_lock.toml", &format!("provider = \"{provider}\"\n"));
        bed.write("prisma.sh", PRISMA);
        bed.write("backup.sh", BACKUP);
        bed.write(
            "prisma-safe.toml",
            &format!(
                "[prisma]\ncommand = [\"sh\", \"{}\"]\nversion = \"7.10.1\"\n\
                 [env.production]\nkind = \"production\"\nurl-env = \"DATABASE_URL\"\n\
                 [env.production.gates]\ndrift = \"off\"\n\
                 [env.production.backup]\n{backup} = [\"sh\", \"backup.sh\"]\n",
                bed.path("prisma.sh").display()
            ),
        );
        bed.set("PRISMA_SAFE_REAL_ENGINE", host().to_str().unwrap());
        self.bed = bed;
    }

    /// The first column of an answer, asked past the proxy.
    pub fn column(&self, sql: &str) -> Vec<String> {
        match &self.data {
            Data::Sqlite => self.bed.sqlite(sql).lines().map(str::to_owned).collect(),
            Data::Postgres { mortal, database, .. } => {
                let name = &database.as_ref().expect("it is cleared").name;
                mortal.server.session(name).column(sql)
            }
        }
    }

    /// Every row of the ledger: the migration and what became of it.
    pub fn ledger(&self) -> Vec<String> {
        let there = match self.data {
            Data::Sqlite => "SELECT name FROM sqlite_master WHERE name = '_prisma_migrations'",
            Data::Postgres { .. } => "SELECT relname::text FROM pg_class WHERE relname = '_prisma_migrations'",
        };
        if self.column(there).is_empty() {
            return Vec::new();
        }
        self.column(
            "SELECT migration_name || ' ' || CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled_back' \
             WHEN finished_at IS NOT NULL THEN 'applied' ELSE 'failed' END FROM _prisma_migrations ORDER BY started_at, id",
        )
    }

    /// What is there of a migration: what its first statement makes, and the row of its second one.
    pub fn effects(&self, migration: &str) -> (bool, bool) {
        let (made, row) = match migration.split_once('_').expect("it has a time").1 {
            "first" => (self.is_there("Tally", None), "first"),
            "second" => (self.is_there("Post", None), "second"),
            _ => (self.is_there("Post", Some("title")), "third"),
        };
        let row = format!("SELECT \"migration\" FROM \"Tally\" WHERE \"migration\" = '{row}'");
        (made, self.is_there("Tally", None) && !self.column(&row).is_empty())
    }

    fn is_there(&self, table: &str, column: Option<&str>) -> bool {
        let column = column.unwrap_or("");
        let found = match self.data {
            Data::Sqlite if column.is_empty() => {
                self.column(&format!("SELECT name FROM sqlite_master WHERE name = '{table}'"))
            }
            Data::Sqlite => self.column(&format!("SELECT name FROM pragma_table_info('{table}') WHERE name = '{column}'")),
            Data::Postgres { .. } => self.column(&format!(
                "SELECT 1::text FROM information_schema.columns WHERE table_name = '{table}' AND '{column}' IN ('', column_name)"
            )),
        };
        !found.is_empty()
    }

    /// Takes back what a migration's first statement made.
    pub fn undo(&self, migration: &str) {
        self.execute(match migration.split_once('_').expect("it has a time").1 {
            "first" => "DROP TABLE \"Tally\"",
            "second" => "DROP TABLE \"Post\"",
            _ => "ALTER TABLE \"Post\" DROP COLUMN \"title\"",
        });
    }

    pub fn execute(&self, sql: &str) {
        match &self.data {
            Data::Sqlite => {
                self.bed.sqlite(sql);
            }
            Data::Postgres { database, .. } => database.as_ref().expect("it is cleared").execute(sql),
        }
    }
}
