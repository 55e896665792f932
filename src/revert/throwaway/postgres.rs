//! PostgreSQL: a server of our own from the programs that are installed, in a temporary folder, on a unix socket only, without fsync.
//! A copy is `CREATE DATABASE … TEMPLATE`. What `initdb` made, and a history that took long to apply, are kept between runs: see `cache`.

use crate::project::Provider;
use crate::revert::VerifyError;

#[cfg(unix)]
pub(super) use unix::Started;

#[cfg(not(unix))]
pub(super) struct Started;

#[cfg(not(unix))]
impl Started {
    pub fn new(_: Option<&str>, _: &super::Reuse<'_>) -> Result<Box<dyn super::Throwaway>, VerifyError> {
        let why = "it needs unix sockets, and this system has none that we use".to_owned();
        Err(VerifyError::NoServer { provider: Provider::Postgresql, why })
    }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::time::Duration;

    use sqlx::postgres::PgConnectOptions;
    use tokio::runtime::Runtime;

    use super::super::cache::Cache;
    use super::super::postgres_open::{Open, make_schema};
    use super::super::process::{End, Process, program};
    use super::super::{Reuse, Server, Session, SqlFailure, Throwaway, folder_of, runtime};
    use super::{Provider, VerifyError};
    use crate::migrations::Checksum;

    const USER: &str = "prisma_safe";
    const BASE: &str = "prisma_safe_verify_base";
    const SHADOW: &str = "prisma_safe_verify_shadow";
    /// A port is a part of the socket's name only.
    const PORT: u16 = 5432;
    const DATA: &str = "data";
    /// How long an orderly end may take.
    const STOP_LIMIT: Duration = Duration::from_secs(5);
    /// Small segments of the log: what is kept is a third smaller, and a checksum on every page tells what a disk has lost.
    const INITDB: [&str; 7] = [
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
        "--data-checksums",
        "--wal-segsize=1",
    ];
    const SETTINGS: [&str; 10] = [
        "listen_addresses=",
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "shared_buffers=16MB",
        "wal_level=minimal",
        "max_wal_senders=0",
        "autovacuum=off",
        "log_min_messages=fatal",
        "timezone=UTC",
    ];

    /// A running server.
    pub(in super::super) struct Started {
        base: Option<Open>,
        admin: Open,
        server: Server,
        copies: usize,
        from: String,
        schema: Option<String>,
        cache: Cache,
        /// What all entries of this server begin with.
        made_by: String,
        /// The entry that it was started from, and how many migrations are in it.
        kept: Option<(String, usize)>,
        // Last: the connections close before the server goes.
        process: Process,
    }

    impl Started {
        pub fn new(schema: Option<&str>, reuse: &Reuse<'_>) -> Result<Self, VerifyError> {
            let folders = installed();
            let find = |name| program(Provider::Postgresql, &[name], &folders);
            let (initdb, postgres) = (find("initdb")?, find("postgres")?);
            let cache = if reuse.cold { Cache::none() } else { Cache::open() };
            let made_by = made_by(&postgres, schema);
            let mut process = Process::new(Provider::Postgresql, &["postgres", "nobody"])?;
            let runtime = Rc::new(runtime()?);
            let data = process.home().join(DATA);
            let mut kept = reuse.keys.iter().enumerate().rev().find_map(|(at, key)| {
                let name = format!("{made_by}-{key}");
                cache.take(&name, &data, process.owner()).then_some((name, at + 1))
            });
            let mut warm = None;
            if let Some((name, _)) = &kept {
                warm = start(&mut process, &postgres, &runtime)
                    .and_then(|admin| admin.beside(BASE, None).map(|_| admin).map_err(connecting))
                    .ok();
                if warm.is_none() {
                    cache.forget(name);
                    process.stop(Duration::ZERO);
                    fs::remove_dir_all(&data).map_err(VerifyError::Scratch)?;
                    kept = None;
                }
            }
            let mut admin = match warm {
                Some(admin) => admin,
                None => {
                    let mut admin = from_nothing(&mut process, &cache, &made_by, (&initdb, &postgres), &runtime)?;
                    admin.ask(&format!("CREATE DATABASE {BASE}")).map_err(connecting)?;
                    make_schema(&admin, BASE, schema).map_err(connecting)?;
                    admin
                }
            };
            let version = admin.ask("SHOW server_version").map_err(connecting)?;
            let version = version.into_iter().flatten().flatten().next().unwrap_or_default();
            let version = version.split_whitespace().next().unwrap_or_default().to_owned();
            let server = Server { product: "PostgreSQL".to_owned(), version };
            let from = folder_of(&postgres);
            let schema = schema.map(str::to_owned);
            Ok(Started { base: None, admin, server, copies: 0, from, schema, cache, made_by, kept, process })
        }
    }

    /// A server without databases of ours.
    fn from_nothing(
        process: &mut Process,
        cache: &Cache,
        made_by: &str,
        (initdb, postgres): (&Path, &Path),
        runtime: &Rc<Runtime>,
    ) -> Result<Open, VerifyError> {
        let data = process.home().join(DATA);
        if !cache.take(made_by, &data, process.owner()) {
            initialise(process, initdb)?;
            cache.keep(made_by, &data);
        }
        match start(process, postgres, runtime) {
            Ok(admin) => Ok(admin),
            Err(_) => {
                // What was kept may be damaged.
                cache.forget(made_by);
                process.stop(Duration::ZERO);
                fs::remove_dir_all(&data).map_err(VerifyError::Scratch)?;
                initialise(process, initdb)?;
                cache.keep(made_by, &data);
                start(process, postgres, runtime)
            }
        }
    }

    /// Other programs, or other settings of ours, make other folders.
    fn made_by(postgres: &Path, schema: Option<&str>) -> String {
        let real = fs::canonicalize(postgres).unwrap_or_else(|_| postgres.to_owned());
        let about = fs::metadata(&real).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        let size = about.as_ref().map_or(0, fs::Metadata::len);
        let schema = schema.map_or_else(String::new, |schema| format!(" {schema:?}"));
        let ground = format!("{} {size} {changed:?} {INITDB:?} {SETTINGS:?}{schema}", real.display());
        format!("postgresql-{}", &Checksum::of(ground.as_bytes()).as_str()[..16])
    }

    impl Throwaway for Started {
        fn server(&self) -> &Server {
            &self.server
        }

        fn place(&self) -> String {
            format!("a throwaway {} {} from `{}`", self.server.product, self.server.version, self.from)
        }

        fn base(&mut self) -> Result<&mut dyn Session, VerifyError> {
            let base = match self.base.take() {
                Some(open) => open,
                None => self.admin.beside(BASE, self.schema.as_deref()).map_err(connecting)?,
            };
            Ok(self.base.insert(base))
        }

        fn copy(&mut self) -> Result<Box<dyn Session>, VerifyError> {
            // A template may have no connection.
            self.base = None;
            let copying = |failure| VerifyError::Sql { doing: "copy a database", failure };
            let name = |number: usize| format!("prisma_safe_verify_{number}");
            let before = name(self.copies);
            self.admin.ask(&format!("DROP DATABASE IF EXISTS {before} WITH (FORCE)")).map_err(copying)?;
            self.copies += 1;
            let copy = name(self.copies);
            self.admin.ask(&format!("CREATE DATABASE {copy} TEMPLATE {BASE}")).map_err(copying)?;
            Ok(Box::new(self.admin.beside(&copy, self.schema.as_deref()).map_err(copying)?))
        }

        fn shadow(&mut self) -> Result<Option<String>, VerifyError> {
            let making = |failure| VerifyError::Sql { doing: "make a shadow database", failure };
            self.admin.ask(&format!("DROP DATABASE IF EXISTS {SHADOW} WITH (FORCE)")).map_err(making)?;
            self.admin.ask(&format!("CREATE DATABASE {SHADOW}")).map_err(making)?;
            Ok(self.admin.beside(SHADOW, None).map_err(making)?.url())
        }

        fn applied(&self) -> usize {
            self.kept.as_ref().map_or(0, |(_, applied)| *applied)
        }

        fn keep(&mut self, key: &str) {
            self.base = None;
            let last = format!("prisma_safe_verify_{}", self.copies);
            for database in [&*last, SHADOW] {
                let _ = self.admin.ask(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"));
            }
            self.admin.close();
            // Only what a server has left in good order can be started from again.
            if self.process.stop(STOP_LIMIT) {
                self.cache.keep(&format!("{}-{key}", self.made_by), &self.process.home().join(DATA));
            }
        }

        fn forget(&mut self) {
            if let Some((name, _)) = &self.kept {
                self.cache.forget(name);
            }
        }
    }

    fn connecting(failure: SqlFailure) -> VerifyError {
        VerifyError::Sql { doing: "connect", failure }
    }

    fn initialise(process: &Process, initdb: &Path) -> Result<(), VerifyError> {
        let user = format!("--username={USER}");
        let data = format!("--pgdata={}", process.home().join(DATA).display());
        let arguments: Vec<String> = INITDB.iter().copied().chain([&*user, &*data]).map(str::to_owned).collect();
        process.run(initdb, &arguments)
    }

    fn start(process: &mut Process, postgres: &Path, runtime: &Rc<Runtime>) -> Result<Open, VerifyError> {
        let home = process.home().to_owned();
        let (data, socket, port) = (home.join(DATA), home.display().to_string(), PORT.to_string());
        let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-k".to_owned(), socket];
        arguments.extend(["-p".to_owned(), port]);
        for setting in SETTINGS {
            arguments.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let options =
            PgConnectOptions::new_without_pgpass().socket(&home).port(PORT).username(USER).database("postgres");
        process.start(postgres, &arguments, End::Quit, || Open::new(runtime, &options, None))
    }

    /// Debian keeps the servers out of `PATH`; the newest first.
    fn installed() -> Vec<PathBuf> {
        let parents = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Library/PostgreSQL"];
        let mut versions: Vec<(u32, PathBuf)> = parents
            .iter()
            .filter_map(|parent| fs::read_dir(parent).ok())
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let number = name.strip_prefix("postgresql@").unwrap_or(&name).parse().ok()?;
                Some((number, entry.path().join("bin")))
            })
            .collect();
        versions.sort();
        versions.into_iter().rev().map(|(_, path)| path).collect()
    }
}
