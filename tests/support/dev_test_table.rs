//! Situations in which a reset must be refused, and some in which it must pass, as plain data.
//!
//! Evaluated twice: through the pure function (`src/environment/dev_test_tests.rs`), and through the real `reset` command.
//! `{dir}` stands for the project's folder, which is also where relative SQLite paths start, and where `setup` works.
//! A row with a mark, and a row that passes, needs a database where its URL says; `5432` and `3306` on this machine may be
//! replaced by a throwaway server's port in all texts of the row alike. One long file, because it is one table.

/// One situation.
#[derive(Clone, Copy)]
pub struct Row {
    /// What it is, as a sentence's end: "reset is refused when …".
    pub name: &'static str,
    /// `provider` of the datasource block.
    pub provider: &'static str,
    /// `prisma-safe.toml`.
    pub settings: &'static str,
    /// The environment that is asked for.
    pub environment: &'static str,
    /// Variables of the process. `DIRECT_URL` and `SHADOW_DATABASE_URL` are the schema's `directUrl` and `shadowDatabaseUrl`.
    pub variables: &'static [(&'static str, &'static str)],
    /// A URL written into the Prisma config file, which Prisma then uses whatever the variable says.
    pub written_in_config: Option<&'static str>,
    /// `schemas = [...]` of the datasource block.
    pub schemas: &'static [&'static str],
    /// Files that must be there.
    pub setup: &'static [Setup],
    /// What the database of the URL answers when it is asked for its mark.
    pub answer: Answer,
    /// What must come of it.
    pub expect: Expect,
}

/// A file of the project.
#[derive(Clone, Copy)]
pub enum Setup {
    /// An empty file.
    File(&'static str),
    /// A folder.
    Folder(&'static str),
    /// A symbolic link: where, and to what.
    SymbolicLink(&'static str, &'static str),
    /// A hard link: where, and to what.
    HardLink(&'static str, &'static str),
}

/// What the database answers.
#[derive(Clone, Copy)]
pub enum Answer {
    /// The comment of its `_prisma_migrations`.
    Comment(&'static str),
    /// No mark.
    NoMark,
    /// Nothing that could be understood.
    Nothing,
    /// That it does not exist.
    NoDatabase,
}

/// What must come of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// It is a developer's own.
    Pass,
    /// Refused by the dev test, with this reason (`Reason::slug`).
    Refused(&'static str),
    /// Refused before that: the URL itself is not taken.
    BadUrl,
}
use Answer::{Comment, NoDatabase, Nothing};
use Expect::{BadUrl, Pass, Refused};
use Setup::{File, Folder, HardLink, SymbolicLink};

const TWO: &str = "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n\
     [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\n";

/// As [`TWO`], with the hosts that the rows below use listed, production's among them: a careless list must not help.
const LISTED: &str = "dev-hosts = [\"devbox.lan\", \"db\", \"10.0.0.7\", \"*.local\", \"prod.example.com\", \"10.0.0.5\", \
     \"fd00::5\", \"ep-a-1.eu.aws.neon.tech\", \"aws-0-eu.pooler.supabase.com\", \"db.prisma.io\", \"accelerate.prisma-data.net\"]\n\n\
     [env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n\
     [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\n";

const BASE: Row = Row {
    name: "",
    provider: "postgresql",
    settings: TWO,
    environment: "dev",
    variables: &[],
    written_in_config: None,
    schemas: &[],
    setup: &[],
    answer: Answer::NoMark,
    expect: Pass,
};

/// dev's URL and production's, on PostgreSQL.
macro_rules! against {
    ($name:literal, $dev:literal, $production:literal, $expect:expr) => {
        Row {
            name: $name,
            settings: LISTED,
            variables: &[("DATABASE_URL", $dev), ("PRODUCTION_DATABASE_URL", $production)],
            expect: $expect,
            ..BASE
        }
    };
    ($provider:literal: $name:literal, $dev:literal, $production:literal, $expect:expr) => {
        Row { provider: $provider, ..against!($name, $dev, $production, $expect) }
    };
}

/// dev's URL alone.
macro_rules! alone {
    ($name:literal, $dev:literal, $expect:expr) => {
        Row { name: $name, variables: &[("DATABASE_URL", $dev)], expect: $expect, ..BASE }
    };
}

const SAME: Expect = Refused("same-database");
const MAYBE: Expect = Refused("maybe-same-database");

/// Reset must be refused.
pub const REFUSED: &[Row] = &[
    // Production, spelled in other ways.
    against!(
        "production's URL is in dev's variable",
        "postgresql://app:s@prod.example.com:5432/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "another user owns the connection",
        "postgresql://me:x@prod.example.com:5432/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "the host is in upper case",
        "postgresql://me:x@PROD.Example.COM:5432/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "the host has a trailing dot",
        "postgresql://me:x@prod.example.com.:5432/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "a letter of the host is percent-encoded",
        "postgresql://me:x@%70rod%2Eexample.com:5432/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "the port is omitted",
        "postgresql://me:x@prod.example.com/app",
        "postgresql://app:s@prod.example.com:5432/app",
        SAME
    ),
    against!(
        "the scheme is the short one",
        "postgres://me:x@prod.example.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "the scheme is in upper case",
        "POSTGRES://me:x@prod.example.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "the default schema is spelled out",
        "postgresql://me:x@prod.example.com/app?schema=public",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "other parameters differ",
        "postgresql://me:x@prod.example.com/app?sslmode=require&connection_limit=1",
        "postgresql://app:s@prod.example.com/app?pgbouncer=true",
        SAME
    ),
    against!(
        "a `host=` overrides localhost",
        "postgresql://me:x@localhost/app?host=prod.example.com",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "the key `host` is percent-encoded",
        "postgresql://me:x@localhost/app?%68ost=prod.example.com",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "a backslash stands before the at sign",
        "postgresql://me:x@localhost\\@prod.example.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "the last of two `host=` is production",
        "postgresql://me:x@localhost/app?host=localhost&host=prod.example.com",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "production's own URL uses `host=`",
        "postgresql://me:x@prod.example.com/app",
        "postgresql://app:s@localhost/app?host=prod.example.com",
        SAME
    ),
    against!(
        "localhost is the user",
        "postgresql://localhost@prod.example.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "localhost and a port are user and password",
        "postgresql://localhost:5432@prod.example.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "the path goes on behind the database",
        "postgresql://me:x@prod.example.com/app/dev",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "a fragment follows",
        "postgresql://me:x@prod.example.com/app#localhost",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "blanks and a line end surround the URL",
        "  postgresql://me:x@prod.example.com/app\n",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!(
        "a line end stands inside the host",
        "postgresql://me:x@prod.exam\nple.com/app",
        "postgresql://app:s@prod.example.com/app",
        SAME
    ),
    against!("the address is decimal", "postgresql://me:x@167772165/app", "postgresql://app:s@10.0.0.5/app", SAME),
    against!("the address is hexadecimal", "postgresql://me:x@0x0a.0.0.5/app", "postgresql://app:s@10.0.0.5/app", SAME),
    against!("the address is octal", "postgresql://me:x@012.0.0.5/app", "postgresql://app:s@10.0.0.5/app", SAME),
    against!("the address is short", "postgresql://me:x@10.5/app", "postgresql://app:s@10.0.0.5/app", SAME),
    against!(
        "the address is mapped into IPv6",
        "postgresql://me:x@[::ffff:10.0.0.5]/app",
        "postgresql://app:s@10.0.0.5/app",
        SAME
    ),
    against!(
        "the IPv6 address is written out",
        "postgresql://me:x@[fd00:0:0:0:0:0:0:5]/app",
        "postgresql://app:s@[FD00::5]:5432/app",
        SAME
    ),
    against!(
        "it is Neon's pooler of production",
        "postgresql://me:x@ep-a-1-pooler.eu.aws.neon.tech/app",
        "postgresql://app:s@ep-a-1.eu.aws.neon.tech/app",
        SAME
    ),
    against!(
        "it is Supabase's session pooler of production",
        "postgresql://postgres.abcd:x@aws-0-eu.pooler.supabase.com:5432/postgres",
        "postgresql://postgres:s@db.abcd.supabase.co:5432/postgres",
        SAME
    ),
    against!(
        "it is Supabase's transaction pooler of production",
        "postgresql://postgres.abcd:x@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true",
        "postgresql://postgres:s@db.abcd.supabase.co:5432/postgres",
        SAME
    ),
    against!(
        "production is on this machine under its address",
        "postgresql://me:x@localhost:5432/app",
        "postgresql://app:s@127.0.0.1:5432/app",
        SAME
    ),
    against!(
        "production is on this machine over IPv6",
        "postgresql://me:x@localhost/app",
        "postgresql://app:s@[::1]/app",
        SAME
    ),
    against!("loopback is written short", "postgresql://me:x@127.1/app", "postgresql://app:s@localhost/app", SAME),
    against!("loopback is hexadecimal", "postgresql://me:x@0x7f.1/app", "postgresql://app:s@localhost/app", SAME),
    against!("loopback is one number", "postgresql://me:x@2130706433/app", "postgresql://app:s@localhost/app", SAME),
    against!("loopback is octal", "postgresql://me:x@0177.0.0.1/app", "postgresql://app:s@localhost/app", SAME),
    against!(
        "loopback is the unspecified address",
        "postgresql://me:x@0.0.0.0/app",
        "postgresql://app:s@localhost/app",
        SAME
    ),
    against!(
        "loopback is mapped into IPv6",
        "postgresql://me:x@[::ffff:127.0.0.1]/app",
        "postgresql://app:s@localhost/app",
        SAME
    ),
    against!(
        "loopback is in upper case with a dot",
        "postgresql://me:x@LOCALHOST./app",
        "postgresql://app:s@127.0.0.1/app",
        SAME
    ),
    against!(
        "loopback is a name below localhost",
        "postgresql://me:x@app.localhost/app",
        "postgresql://app:s@localhost/app",
        SAME
    ),
    against!("the host is left out", "postgresql:///app", "postgresql://app:s@localhost:5432/app", SAME),
    // Perhaps production: unknown is never safe.
    against!(
        "a socket may be production's server",
        "postgresql://me:x@localhost/app?host=/var/run/postgresql",
        "postgresql://app:s@localhost/app",
        MAYBE
    ),
    against!(
        "production's URL is a socket of this machine",
        "postgresql://me:x@127.0.0.1/app",
        "postgresql:///app?host=%2Ftmp",
        MAYBE
    ),
    against!("two sockets may be one server", "postgresql:///app?host=/run/a", "postgresql:///app?host=/run/b", MAYBE),
    against!(
        "a local pooler may lead to production's server",
        "postgresql://me:x@localhost:6432/app",
        "postgresql://app:s@localhost:5432/app",
        MAYBE
    ),
    against!(
        "`pgbouncer=true` says it is a pooler",
        "postgresql://me:x@localhost:7000/app?pgbouncer=true",
        "postgresql://app:s@localhost:5432/app",
        MAYBE
    ),
    against!(
        "production is named from inside a container",
        "postgresql://me:x@localhost:5432/app",
        "postgresql://app:s@host.docker.internal:5432/app",
        MAYBE
    ),
    against!(
        "production is a compose file's database",
        "postgresql://me:x@localhost:15432/app",
        "postgresql://app:s@postgres:5432/app",
        MAYBE
    ),
    against!(
        "a listed name may be production's address",
        "postgresql://me:x@devbox.lan/app",
        "postgresql://app:s@10.9.9.9/app",
        MAYBE
    ),
    against!(
        "production's URL names no database",
        "postgresql://me:x@localhost/app",
        "postgresql://app:s@localhost",
        MAYBE
    ),
    // MySQL and MariaDB.
    against!("mysql": "MySQL's default port is omitted", "mysql://me:x@prod.example.com/app", "mysql://app:s@prod.example.com:3306/app", SAME),
    against!("mysql": "MySQL's TLS parameters differ", "mysql://me:x@prod.example.com/app?sslaccept=strict", "mysql://app:s@prod.example.com/app", SAME),
    against!("mysql": "MySQL's socket is written with parentheses", "mysql://me:x@localhost/app?socket=(/run/mysqld/mysqld.sock)", "mysql://app:s@localhost/app?socket=/run/mysqld/mysqld.sock", SAME),
    against!("mysql": "MySQL's socket may be production's server", "mysql://me:x@localhost/app?socket=/run/mysqld/mysqld.sock", "mysql://app:s@127.0.0.1:3306/app", MAYBE),
    against!("mysql": "MySQL's database differs in letter case only", "mysql://me:x@localhost/App", "mysql://app:s@localhost/app", MAYBE),
    // SQL Server.
    against!("sqlserver": "SQL Server's keys are in another case", "sqlserver://prod.example.com;DATABASE=app;User=me;PASSWORD=x", "sqlserver://prod.example.com:1433;database=app;user=sa;password={s;t}", SAME),
    against!("sqlserver": "SQL Server's database has its other name", "sqlserver://prod.example.com;initial catalog=app;user=me;password=x", "sqlserver://prod.example.com;database=app;user=sa;password=s", SAME),
    against!("sqlserver": "SQL Server's database is in braces", "sqlserver://prod.example.com;database={app};user=me;password=x", "sqlserver://prod.example.com;database=app;user=sa;password=s", SAME),
    against!("sqlserver": "SQL Server's host is a dot", "sqlserver://.;database=app;user=me;password=x", "sqlserver://localhost:1433;database=app;user=sa;password=s", SAME),
    against!("sqlserver": "SQL Server's instance may be on that port", "sqlserver://localhost\\DEV;database=app;user=me;password=x", "sqlserver://localhost:1433;database=app;user=sa;password=s", MAYBE),
    against!("sqlserver": "SQL Server's database differs in letter case only", "sqlserver://localhost;database=APP;user=me;password=x", "sqlserver://localhost;database=app;user=sa;password=s", MAYBE),
    // SQLite: the real path is the identity.
    Row {
        setup: &[File("live.db")],
        ..against!("sqlite": "the path takes a detour", "file:./x/../live.db", "file:./live.db", SAME)
    },
    Row {
        setup: &[File("live.db")],
        ..against!("sqlite": "one path is absolute", "file:./live.db", "file:{dir}/live.db", SAME)
    },
    Row {
        setup: &[File("live.db")],
        ..against!("sqlite": "parameters follow the path", "file:./live.db?connection_limit=1", "file:./live.db?socket_timeout=5", SAME)
    },
    Row {
        setup: &[File("live.db")],
        ..against!("sqlite": "the prefix is there twice", "file:file:./live.db", "file:./live.db", SAME)
    },
    Row {
        setup: &[File("live.db"), SymbolicLink("dev.db", "live.db")],
        ..against!("sqlite": "dev's file is a link to production's", "file:./dev.db", "file:./live.db", SAME)
    },
    Row {
        setup: &[File("live.db"), HardLink("dev.db", "live.db")],
        ..against!("sqlite": "dev's file is production's under a second name", "file:./dev.db", "file:./live.db", SAME)
    },
    Row {
        setup: &[SymbolicLink("dev.db", "live.db")],
        ..against!("sqlite": "dev's file is a link to where production's will be", "file:./dev.db", "file:./live.db", SAME)
    },
    Row {
        setup: &[Folder("srv"), File("srv/live.db"), SymbolicLink("data", "srv")],
        ..against!("sqlite": "dev's folder is a link to production's", "file:./data/live.db", "file:./srv/live.db", SAME)
    },
    // The URLs beside the main one.
    Row {
        name: "`directUrl` leads to production",
        settings: LISTED,
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("DIRECT_URL", "postgresql://me:x@prod.example.com/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@prod.example.com/app"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "`directUrl` leads to a host that nobody listed",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("DIRECT_URL", "postgresql://me:x@other.example.com/app"),
        ],
        expect: Refused("host"),
        ..BASE
    },
    Row {
        name: "`directUrl` means another database than `url`",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost:6432/app"),
            ("DIRECT_URL", "postgresql://me:x@localhost:5432/other"),
        ],
        expect: Refused("direct-elsewhere"),
        ..BASE
    },
    Row {
        name: "the pooled `url` leads to production and `directUrl` does not",
        settings: LISTED,
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@prod.example.com/app"),
            ("DIRECT_URL", "postgresql://me:x@localhost/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@prod.example.com/app"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "production's own `directUrl` is dev's URL",
        settings: "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.production]\nkind = \"production\"\n\
             url-env = \"PRODUCTION_DATABASE_URL\"\ndirect-url-env = \"PRODUCTION_DIRECT_URL\"\n",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost:5433/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@pool.example.com/app"),
            ("PRODUCTION_DIRECT_URL", "postgresql://app:s@127.0.0.1:5433/app"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "the shadow database is production",
        settings: LISTED,
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHADOW_DATABASE_URL", "postgresql://me:x@prod.example.com/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@prod.example.com/app"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "the shadow database is another developer's",
        settings: "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.anna]\nkind = \"dev\"\nurl-env = \"ANNA_URL\"\n",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHADOW_DATABASE_URL", "postgresql://me:x@localhost/anna"),
            ("ANNA_URL", "postgresql://me:x@localhost/anna"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "the shadow database is the database itself",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHADOW_DATABASE_URL", "postgresql://me:x@127.0.0.1:5432/app"),
        ],
        expect: Refused("shadow-is-target"),
        ..BASE
    },
    Row {
        name: "the shadow database is on a host that nobody listed",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHADOW_DATABASE_URL", "postgresql://me:x@shadow.example.com/app"),
        ],
        expect: Refused("host"),
        ..BASE
    },
    Row {
        name: "the schema file lists production's schema too",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app?schema=mine"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@localhost/app?schema=live"),
        ],
        schemas: &["mine", "live"],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "the Prisma config file holds production's URL and ignores the variable",
        settings: LISTED,
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@prod.example.com/app"),
        ],
        written_in_config: Some("postgresql://app:s@prod.example.com/app"),
        expect: SAME,
        ..BASE
    },
    // Other environments.
    Row {
        name: "it is the database of an environment without a kind",
        settings: "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.shared]\nurl-env = \"SHARED_URL\"\n",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHARED_URL", "postgresql://a:s@127.0.0.1/app"),
        ],
        expect: SAME,
        ..BASE
    },
    Row {
        name: "it is the second of three environments",
        settings: "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.preview]\nkind = \"preview\"\nurl-env = \"PREVIEW_URL\"\n\n\
             [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\n",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("PREVIEW_URL", "postgresql://a:s@127.0.0.1/app"),
            ("PRODUCTION_DATABASE_URL", "postgresql://app:s@prod.example.com/app"),
        ],
        expect: SAME,
        ..BASE
    },
    against!(
        "production's URL is here and cannot be read",
        "postgresql://me:x@localhost/app",
        "postgresql://app:s/t@prod.example.com/app",
        Refused("other-unreadable")
    ),
    // The kind.
    Row {
        name: "the environment is production",
        environment: "production",
        variables: &[("PRODUCTION_DATABASE_URL", "postgresql://me:x@localhost/app")],
        expect: Refused("kind"),
        ..BASE
    },
    Row {
        name: "the environment is staging, on this machine",
        settings: "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n",
        environment: "staging",
        variables: &[("DATABASE_URL", "postgresql://me:x@localhost/app")],
        expect: Refused("kind"),
        ..BASE
    },
    Row {
        name: "the environment is a preview",
        settings: "[env.preview]\nkind = \"preview\"\nurl-env = \"DATABASE_URL\"\n",
        environment: "preview",
        variables: &[("DATABASE_URL", "postgresql://me:x@localhost/app")],
        expect: Refused("kind"),
        ..BASE
    },
    Row {
        name: "the environment is called dev and has no kind",
        settings: "[env.dev]\nurl-env = \"DATABASE_URL\"\n",
        variables: &[("DATABASE_URL", "postgresql://me:x@localhost/app")],
        expect: Refused("kind"),
        ..BASE
    },
    // The host.
    alone!("the host is somewhere else", "postgresql://me:x@other.example.com/app", Refused("host")),
    alone!("the host is an address that nobody listed", "postgresql://me:x@192.168.1.7/app", Refused("host")),
    alone!("the host is a container's name that nobody listed", "postgresql://me:x@db:5432/app", Refused("host")),
    alone!(
        "the host is the containers' machine and nobody listed it",
        "postgresql://me:x@host.docker.internal/app",
        Refused("host")
    ),
    alone!("the host only begins like localhost", "postgresql://me:x@localhost.example.com/app", Refused("host")),
    alone!("the host only ends like localhost", "postgresql://me:x@notlocalhost/app", Refused("host")),
    alone!("the host is not under the listed pattern", "postgresql://me:x@evil-local/app", Refused("host")),
    Row {
        name: "the listed host is a parent of the URL's",
        settings: "dev-hosts = [\"example.com\"]\n[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n",
        variables: &[("DATABASE_URL", "postgresql://me:x@prod.example.com/app")],
        expect: Refused("host"),
        ..BASE
    },
    Row {
        settings: LISTED,
        ..alone!(
            "it is Prisma's cloud, although somebody listed it",
            "prisma+postgres://accelerate.prisma-data.net/?api_key=abc",
            Refused("prisma-cloud")
        )
    },
    Row {
        settings: LISTED,
        ..alone!(
            "it is Prisma's shared host, although somebody listed it",
            "postgresql://tenant:key@db.prisma.io:5432/app",
            Refused("shared-host")
        )
    },
    Row {
        settings: LISTED,
        ..alone!(
            "it is Supabase's pooler without a project, although somebody listed it",
            "postgresql://postgres:x@aws-0-eu.pooler.supabase.com/postgres",
            Refused("shared-host")
        )
    },
    alone!(
        "a cloud key stands behind localhost",
        "prisma+postgres://localhost:51213/?api_key=eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln",
        Refused("prisma-cloud")
    ),
    // databaseUrl: postgres://postgres:postgres@localhost:51214/template1
    alone!(
        "a key of `prisma dev` stands behind a host that is not this machine",
        "prisma+postgres://accelerate.prisma-data.net/?api_key=eyJkYXRhYmFzZVVybCI6InBvc3RncmVzOi8vcG9zdGdyZXM6cG9zdGdyZXNAbG9jYWxob3N0OjUxMjE0L3RlbXBsYXRlMSJ9",
        Refused("prisma-cloud")
    ),
    // databaseUrl: postgres://u:p@prod.example.com:5432/app
    alone!(
        "the key of `prisma dev` names another host",
        "prisma+postgres://localhost:51213/?api_key=eyJkYXRhYmFzZVVybCI6InBvc3RncmVzOi8vdTpwQHByb2QuZXhhbXBsZS5jb206NTQzMi9hcHAifQ",
        Refused("host")
    ),
    // The name.
    alone!("the URL names no database", "postgresql://me:x@localhost:5432", Refused("no-name")),
    alone!("the URL ends behind the slash", "postgresql://me:x@localhost:5432/", Refused("no-name")),
    alone!("the database's name is percent-encoded", "postgresql://me:x@localhost/%61pp", Refused("encoded-name")),
    alone!("it is PostgreSQL's template", "postgresql://me:x@localhost/template1", Refused("system-database")),
    Row {
        provider: "mysql",
        ..alone!("it is MySQL's own database", "mysql://root:x@localhost/mysql", Refused("system-database"))
    },
    Row {
        provider: "mysql",
        ..alone!("it is MySQL's own database in upper case", "mysql://root:x@localhost/SYS", Refused("system-database"))
    },
    Row {
        provider: "sqlserver",
        ..alone!(
            "SQL Server's default database is `master`",
            "sqlserver://localhost;user=sa;password=x",
            Refused("system-database")
        )
    },
    // What the database says.
    Row {
        answer: Comment("prisma-safe: environment=production kind=production"),
        ..alone!("a tunnel on localhost ends at production", "postgresql://me:x@localhost:5433/app", Refused("marked"))
    },
    Row {
        answer: Comment("prisma-safe: environment=production"),
        ..alone!("the mark has no kind and is production's", "postgresql://me:x@localhost/app", Refused("marked"))
    },
    Row {
        answer: Comment("prisma-safe: environment=staging kind=staging"),
        ..alone!("the mark is staging's", "postgresql://me:x@localhost/app?host=/var/run/postgresql", Refused("marked"))
    },
    Row {
        answer: Comment("prisma-safe: environment=dev kind=prod"),
        ..alone!("the mark's kind is a word that is not known", "postgresql://me:x@localhost/app", Refused("marked"))
    },
    Row {
        answer: Comment("prisma-safe:"),
        ..alone!("the mark cannot be read", "postgresql://me:x@localhost/app", Refused("marked"))
    },
    Row {
        answer: Comment("prisma-safe: environment=dev kind=dev\nprisma-safe: environment=live kind=production"),
        ..alone!("the second of two marks is production's", "postgresql://me:x@localhost/app", Refused("marked"))
    },
    Row {
        settings: LISTED,
        answer: Comment("ops: ask first\nprisma-safe: environment=eu%20live kind=production"),
        ..alone!(
            "the host is listed and the mark is production's",
            "postgresql://me:x@devbox.lan/app",
            Refused("marked")
        )
    },
    Row {
        provider: "mysql",
        answer: Comment("prisma-safe: environment=production kind=production"),
        ..alone!("MySQL's mark is production's", "mysql://me:x@127.0.0.1/app", Refused("marked"))
    },
    Row {
        answer: Nothing,
        ..alone!("the database does not answer", "postgresql://me:x@localhost/app", Refused("unanswered"))
    },
    // URLs that are not taken at all.
    alone!("several hosts are named", "postgresql://me:x@localhost,prod.example.com/app", BadUrl),
    alone!(
        "several hosts are named in `host=`",
        "postgresql://me:x@localhost/app?host=localhost,prod.example.com",
        BadUrl
    ),
    alone!("a slash in the password hides the host", "postgresql://localhost:12/x@prod.example.com/app", BadUrl),
    alone!(
        "a question mark in the password hides the host",
        "postgresql://localhost:12?x@prod.example.com/app",
        BadUrl
    ),
    alone!("it is an Accelerate URL", "prisma://accelerate.prisma-data.net/?api_key=abc", BadUrl),
    alone!("it belongs to another provider", "mysql://me:x@localhost/app", BadUrl),
    alone!("it has quotation marks around it", "\"postgresql://me:x@localhost/app\"", BadUrl),
    alone!("it is empty", " ", BadUrl),
];

/// Reset must pass.
pub const PASSING: &[Row] = &[
    alone!("it is localhost", "postgresql://me:x@localhost:5432/app", Pass),
    alone!("it is 127.0.0.1", "postgresql://me:x@127.0.0.1:5432/app", Pass),
    alone!("it is ::1", "postgresql://me:x@[::1]:5432/app", Pass),
    alone!("it is a socket", "postgresql://me:x@localhost/app?host=/var/run/postgresql", Pass),
    alone!("the password has encoded characters", "postgresql://me:p%40ss%2Fw%3Fo%23rd@localhost/app", Pass),
    alone!(
        "the database is PostgreSQL's ordinary `postgres`",
        "postgresql://postgres:postgres@127.0.0.1:54322/postgres",
        Pass
    ),
    Row {
        answer: Comment("prisma-safe: environment=dev kind=dev"),
        ..alone!("it carries the mark of dev", "postgresql://me:x@localhost/app", Pass)
    },
    Row {
        answer: Comment("prisma-safe: environment=dev"),
        ..alone!("it carries the mark of dev without a kind", "postgresql://me:x@localhost/app", Pass)
    },
    Row {
        answer: Comment("prisma-safe: environment=anna kind=dev"),
        ..alone!("it carries the mark of another dev environment", "postgresql://me:x@localhost/app", Pass)
    },
    Row { answer: NoDatabase, ..alone!("the database does not exist yet", "postgresql://me:x@localhost/app", Pass) },
    Row { settings: LISTED, ..alone!("the host is listed", "postgresql://me:x@devbox.lan/app", Pass) },
    Row {
        settings: LISTED,
        ..alone!("the listed host is written in upper case with a dot", "postgresql://me:x@DevBox.LAN./app", Pass)
    },
    Row { settings: LISTED, ..alone!("a container's name is listed", "postgresql://me:x@db:5432/app", Pass) },
    Row { settings: LISTED, ..alone!("the address is listed", "postgresql://me:x@10.0.0.7/app", Pass) },
    Row { settings: LISTED, ..alone!("a pattern lists the host", "postgresql://me:x@macbook.local/app", Pass) },
    against!(
        "production has the same name on its own host",
        "postgresql://me:x@localhost/app",
        "postgresql://app:s@prod.example.com/app",
        Pass
    ),
    against!(
        "production is another database of this server",
        "postgresql://me:x@localhost/app_dev",
        "postgresql://app:s@localhost/app",
        Pass
    ),
    against!(
        "production is another schema of this database",
        "postgresql://me:x@localhost/app?schema=mine",
        "postgresql://app:s@localhost/app?schema=live",
        Pass
    ),
    against!(
        "production is another server of this machine",
        "postgresql://me:x@localhost:5433/app",
        "postgresql://app:s@localhost:5432/app",
        Pass
    ),
    Row {
        name: "`directUrl` goes past a local pooler",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost:6432/app?pgbouncer=true"),
            ("DIRECT_URL", "postgresql://me:x@localhost:5432/app"),
        ],
        ..BASE
    },
    Row {
        name: "the shadow database is one of its own",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("SHADOW_DATABASE_URL", "postgresql://me:x@localhost/app_shadow"),
        ],
        ..BASE
    },
    Row {
        name: "another dev environment shares the database",
        settings: "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.test]\nkind = \"dev\"\nurl-env = \"TEST_URL\"\n",
        variables: &[
            ("DATABASE_URL", "postgresql://me:x@localhost/app"),
            ("TEST_URL", "postgresql://me:x@127.0.0.1/app"),
        ],
        ..BASE
    },
    // databaseUrl: postgres://postgres:postgres@localhost:51214/template1
    alone!(
        "it is `prisma dev`",
        "prisma+postgres://localhost:51213/?api_key=eyJkYXRhYmFzZVVybCI6InBvc3RncmVzOi8vcG9zdGdyZXM6cG9zdGdyZXNAbG9jYWxob3N0OjUxMjE0L3RlbXBsYXRlMSJ9",
        Pass
    ),
    Row { provider: "sqlite", ..alone!("it is a file", "file:./dev.db", Pass) },
    Row {
        setup: &[File("dev.db"), File("live.db")],
        ..against!("sqlite": "it is another file than production's", "file:./dev.db", "file:./live.db", Pass)
    },
    Row { provider: "mysql", ..alone!("it is MySQL on this machine", "mysql://me:x@127.0.0.1:3306/app", Pass) },
    Row {
        provider: "mysql",
        ..alone!("it is a socket of MySQL", "mysql://me:x@localhost/app?socket=/run/mysqld/mysqld.sock", Pass)
    },
    Row {
        provider: "sqlserver",
        ..alone!(
            "it is SQL Server on this machine",
            "sqlserver://localhost:1433;database=app;user=sa;password={x;y};trustServerCertificate=true",
            Pass
        )
    },
];
