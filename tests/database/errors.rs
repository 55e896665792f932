//! What a user reads when a database does not do as it is asked.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use prisma_safe::database::{ConnectOptions, DatabaseError, Unreachable, connect};
use prisma_safe::environment::DatabaseUrl;
use prisma_safe::error::Error;

use crate::fixture::{SQLITE_TABLE, SqliteFile, each_server, open, table};
use crate::support::servers::{self, Kind};

fn error_of(url: &str) -> DatabaseError {
    open(url).and_then(|mut connection| connection.survey()).expect_err("it does not work")
}

#[test]
fn every_unusable_file_says_what_it_is() {
    let file = SqliteFile::missing();
    let folder = file.folder.path().canonicalize().expect("it exists");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("it is written");
        path.display().to_string()
    };
    let damaged = {
        let good = SqliteFile::with("CREATE TABLE t (id INTEGER)");
        let mut bytes = std::fs::read(&good.path).expect("readable");
        bytes[100..].fill(0xff);
        put("damaged.db", &bytes)
    };
    let pipe = folder.join("pipe.db");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("made");
    let paths = [
        put("empty.db", b""),
        put("text.db", b"this is a letter to my bank"),
        put("short.db", b"SQLite"),
        damaged,
        pipe.display().to_string(),
        folder.join("nowhere/x.db").display().to_string(),
        folder.join("text.db/x.db").display().to_string(),
    ];
    let said: Vec<String> = paths
        .iter()
        .map(|path| {
            Error::from(error_of(&format!("file:{path}"))).report().replace(&*folder.to_string_lossy(), "/data")
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    error: there is no database at file:/data/empty.db: the file `/data/empty.db` is empty
    why: a typo in a URL looks the same as a database that nobody made yet, so nothing was created
    hint: check the name in the URL; the first `cargo prisma-safe deploy --create-database` makes it

    error: file:/data/text.db is not a database: the file is something else, or an encrypted database
    why: the URL points at something else; nothing there was touched
    hint: check the URL with `cargo prisma-safe env show`

    error: file:/data/short.db is not a database: the file is too short to be one
    why: the URL points at something else; nothing there was touched
    hint: check the URL with `cargo prisma-safe env show`

    error: file:/data/damaged.db is not a database: database disk image is malformed
    why: the URL points at something else; nothing there was touched
    hint: check the URL with `cargo prisma-safe env show`

    error: file:/data/pipe.db is not a database: it is no regular file
    why: the URL points at something else; nothing there was touched
    hint: check the URL with `cargo prisma-safe env show`

    error: there is no database at file:/data/nowhere/x.db: the folder `/data/nowhere` does not exist
    why: a typo in a URL looks the same as a database that nobody made yet, so nothing was created
    hint: check the name in the URL; the first `cargo prisma-safe deploy --create-database` makes it

    error: there is no database at file:/data/text.db/x.db: the folder `/data/text.db` does not exist
    why: a typo in a URL looks the same as a database that nobody made yet, so nothing was created
    hint: check the name in the URL; the first `cargo prisma-safe deploy --create-database` makes it
    ");
}

#[test]
fn what_a_crash_left_half_written_is_not_read() {
    let file = SqliteFile::with(&format!("{SQLITE_TABLE}; CREATE TABLE big (text TEXT)"));
    let mut writer = file.session();
    // More than the cache holds, so that half of the transaction is in the file and its journal is needed to undo it.
    writer.execute(
        "PRAGMA cache_size = 1; BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
         INSERT INTO big SELECT hex(randomblob(200)) FROM n",
    );
    // What a power cut would leave.
    let crashed = SqliteFile::missing();
    for suffix in ["", "-journal"] {
        let copy = |file: &SqliteFile| format!("{}{suffix}", file.path.display());
        std::fs::copy(copy(&file), copy(&crashed)).expect("it is there");
    }
    let error = error_of(&crashed.url());
    assert!(matches!(error, DatabaseError::NeedsRecovery { .. }), "{error:?}");
    assert_eq!(crashed.files(), ["dev.db", "dev.db-journal"], "and the journal is still there");
    // The next program that may write undoes it.
    crashed.session().execute("SELECT 1 FROM big");
    assert_eq!(open(&crashed.url()).and_then(|mut open| open.ledger()), Ok(Some(Vec::new())));
}

#[test]
fn a_wrong_password_is_refused_and_not_shown() {
    for server in each_server() {
        let error = error_of(&server.database().url_as("admin", "hunter2-wrong"));
        assert!(matches!(error, DatabaseError::Authentication { .. }), "{error}");
        let report = Error::from(error).report();
        assert!(!report.contains("hunter2") && report.contains("admin"), "{report}");
    }
}

#[test]
fn a_port_where_nothing_listens() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("known").port();
    let said: Vec<String> = ["postgresql", "mysql"]
        .iter()
        .map(|scheme| Error::from(error_of(&format!("{scheme}://u:hunter2@127.0.0.1:{port}/d"))).report())
        .map(|report| report.replace(&port.to_string(), "PORT"))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    error: cannot reach 127.0.0.1:PORT (for postgresql://127.0.0.1:PORT/d)
      caused by: the connection was refused
    why: what has been applied there is not known, so nothing may be decided
    hint: check that the server runs and that the port is right

    error: cannot reach 127.0.0.1:PORT (for mysql://127.0.0.1:PORT/d)
      caused by: the connection was refused
    why: what has been applied there is not known, so nothing may be decided
    hint: check that the server runs and that the port is right
    ");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    // Accepts, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("known").port();
    for scheme in ["postgresql", "mysql"] {
        let url =
            DatabaseUrl::parse(None, &format!("{scheme}://u:p@127.0.0.1:{port}/d"), Path::new("/")).expect("a URL");
        let options = ConnectOptions { timeout: Some(Duration::from_millis(100)), ..ConnectOptions::default() };
        let error = connect(&url, options).map(drop).expect_err("nobody answers");
        let DatabaseError::Unreachable { cause, .. } = error else { panic!("{error}") };
        assert_eq!(cause, Unreachable::Timeout(Duration::from_millis(100)));
    }
}

#[test]
fn names_and_sockets_that_are_not_there() {
    for (url, cause) in [
        ("postgresql://u:p@no-such-host.invalid/d", Unreachable::UnknownHost),
        ("mysql://u:p@no-such-host.invalid/d", Unreachable::UnknownHost),
        ("postgresql://u:p@localhost/d?host=/no/such/folder", Unreachable::NoSocket),
        ("mysql://u:p@localhost/d?socket=/no/such.sock", Unreachable::NoSocket),
    ] {
        let error = error_of(url);
        let DatabaseError::Unreachable { cause: found, .. } = &error else { panic!("{url}: {error}") };
        assert_eq!(*found, cause, "{url}");
    }
}

#[test]
fn the_other_kind_of_server_is_no_hang() {
    for server in each_server() {
        let database = server.database();
        let url = match server.kind {
            Kind::Postgres => database.url().replace("postgresql://", "mysql://"),
            Kind::MariaDb => database.url().replace("mysql://", "postgresql://"),
        };
        let error = error_of(&format!("{url}?connect_timeout=1"));
        assert!(matches!(error, DatabaseError::Unreachable { .. } | DatabaseError::Query { .. }), "{error}");
    }
}

#[test]
fn tls_where_the_server_has_none() {
    for server in each_server() {
        let database = server.database();
        let (insisting, lenient) = match server.kind {
            Kind::Postgres => ("sslmode=require", "sslmode=prefer&sslaccept=strict"),
            Kind::MariaDb => ("sslaccept=accept_invalid_certs", "connect_timeout=5"),
        };
        let error = error_of(&format!("{}?{insisting}", database.url()));
        assert!(matches!(error, DatabaseError::Tls { .. }), "{error}");
        assert!(open(&format!("{}?{lenient}", database.url())).is_ok(), "{lenient}");
    }
}

#[test]
fn tls_as_prisma_means_it() {
    let Some(server) = servers::postgres_with_tls() else { return };
    let database = server.database();
    let authority = server.socket.join("ca.pem").display().to_string();
    let through_tls =
        "SELECT ssl::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'prisma-safe'";
    for (parameters, outcome) in [
        ("sslmode=disable".to_owned(), Some("false")),
        // Prisma's own defaults: TLS when it is offered, whatever the certificate says.
        (String::new(), Some("true")),
        ("sslmode=require".to_owned(), Some("true")),
        ("sslmode=require&sslaccept=strict".to_owned(), None),
        ("sslaccept=strict".to_owned(), None),
        (format!("sslmode=require&sslaccept=strict&sslcert={authority}"), Some("true")),
    ] {
        let answer = open(&format!("{}?{parameters}", database.url()));
        match (answer, outcome) {
            (Ok(_open), Some(tls)) => assert_eq!(database.session().column(through_tls), [tls], "{parameters}"),
            (Err(error), None) => assert!(matches!(error, DatabaseError::Tls { .. }), "{parameters}: {error:?}"),
            (Ok(_), None) => panic!("{parameters}: let in"),
            (Err(error), Some(_)) => panic!("{parameters}: {error}"),
        }
    }
    let refused = error_of(&format!("{}?sslidentity=client.p12", database.url()));
    assert!(matches!(refused, DatabaseError::Tls { .. }), "{refused:?}");
}

#[test]
fn a_ledger_that_somebody_keeps_locked_is_busy_in_time() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        let mut holder = database.session();
        holder.execute(match server.kind {
            Kind::Postgres => "BEGIN; LOCK TABLE _prisma_migrations IN ACCESS EXCLUSIVE MODE",
            Kind::MariaDb => "LOCK TABLES _prisma_migrations WRITE",
        });
        let url = DatabaseUrl::parse(None, &database.url(), Path::new("/")).expect("a URL");
        let options = ConnectOptions { statement_timeout: Duration::from_millis(200), ..ConnectOptions::default() };
        let mut connection = connect(&url, options).expect("it answers");
        let error = connection.ledger().expect_err("it is locked");
        assert!(matches!(error, DatabaseError::Busy { .. }), "{:?}: {error}", server.kind);
        drop(holder);
        assert_eq!(connect(&url, ConnectOptions::default()).and_then(|mut open| open.ledger()), Ok(Some(Vec::new())));
    }
}

#[test]
fn sql_server_has_no_driver_and_says_what_still_works() {
    let report = Error::from(error_of("sqlserver://db.example:1433;database=shop;user=sa;password={hunter2}")).report();
    insta::assert_snapshot!(report, @r"
    error: cannot read sqlserver://db.example:1433;database=shop: this program has no driver for SQL Server
    why: its ledger, locks and marks cannot be read, so `status` and the gates that read the database answer nothing there
    hint: `lint`, `new`, the guard and `run -- migrate status` work without reading the database
    ");
}
