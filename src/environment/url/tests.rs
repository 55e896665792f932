//! Tables per provider.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::driver::{Address, Driver, ServerDriver, TlsMode};
use super::{DatabaseUrl, UrlError};
use crate::environment::identity::{Comparison, Doubt};
use crate::error::Error;
use crate::project::Provider;

pub(super) fn parse(text: &str) -> DatabaseUrl {
    DatabaseUrl::parse(None, text, Path::new("/base")).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn problem(text: &str) -> UrlError {
    DatabaseUrl::parse(None, text, Path::new("/base")).expect_err(text)
}

fn server(text: &str) -> ServerDriver {
    match parse(text).driver() {
        Ok(Driver::Server(server)) => (**server).clone(),
        other => panic!("{text}: {other:?}"),
    }
}

/// Everything that a driver gets, on one line.
fn told(text: &str) -> String {
    let server = server(text);
    let place = match &server.address {
        Address::Tcp { host, port } => format!("{host} {port}"),
        Address::Socket { path, port } => format!("socket {} {port}", path.display()),
        Address::Instance { host, instance } => format!("{host} instance {instance}"),
    };
    let secret = |secret: &Option<secrecy::SecretString>| {
        secret.as_ref().map_or_else(|| "-".to_owned(), |secret| secret.expose_secret().to_owned())
    };
    let tls = &server.tls;
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map_or_else(|| "-".to_owned(), |p| p.display().to_string());
    format!(
        "{place} | user {} password {} | {} {} | tls {:?} verify {} root {} identity {}/{} | timeout {:?}",
        server.user.as_deref().unwrap_or("-"),
        secret(&server.password),
        server.database,
        server.schema.as_deref().unwrap_or("-"),
        tls.mode,
        tls.verify,
        path(&tls.root_certificate),
        path(&tls.identity),
        secret(&tls.identity_password),
        server.connect_timeout.map(|timeout| timeout.as_secs()),
    )
}

#[test]
fn postgresql_is_read_as_prisma_reads_it() {
    for (text, expected) in [
        (
            "postgresql://app:s3c@db.example.com:5433/shop?schema=sales",
            "db.example.com 5433 | user app password s3c | shop sales | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgres://localhost",
            "localhost 5432 | user - password - | postgres public | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql://a%40b:p%2Fw%3F@h/d?sslmode=require&sslaccept=strict&sslcert=ca.pem&sslidentity=/c.p12&sslpassword=x%26y&connect_timeout=0",
            "h 5432 | user a@b password p/w? | d public | tls Require verify true root /base/ca.pem identity /c.p12/x&y | timeout None",
        ),
        (
            "postgresql://u:p@h/d?sslmode=verify-full&sslaccept=maybe",
            "h 5432 | user u password p | d public | tls Prefer verify true root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql://u:p@h/d?sslmode=disable&schema=",
            "h 5432 | user u password p | d public | tls Disable verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql://u:p@localhost:5555/d?host=/nowhere/pg",
            "socket /nowhere/pg 5555 | user u password p | d public | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql:///d?host=%2Fnowhere%2Fpg",
            "socket /nowhere/pg 5432 | user - password - | d public | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql://u:p%ZZ%FF@[2001:DB8::1]:6000/d/more?unknown=1",
            "2001:db8::1 6000 | user u password p%ZZ%FF | d public | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "postgresql://u:p@ss@h/d",
            "h 5432 | user u password p@ss | d public | tls Prefer verify false root - identity -/- | timeout Some(5)",
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
    let server = server("postgresql://h/d?application_name=me&options=-c%20lock_timeout%3D1s&pgbouncer=true");
    assert_eq!(server.application_name.as_deref(), Some("me"));
    assert_eq!(server.options.as_ref().map(|options| options.expose_secret()), Some("-c lock_timeout=1s"));
    assert!(server.pgbouncer);
}

#[test]
fn mysql_is_read_as_prisma_reads_it() {
    for (text, expected) in [
        (
            "mysql://app:s3c@db.example.com/shop",
            "db.example.com 3306 | user app password s3c | shop - | tls Disable verify false root - identity -/- | timeout Some(5)",
        ),
        (
            "mysql://u@h:3307/d?sslaccept=strict&connect_timeout=9",
            "h 3307 | user u password - | d - | tls Require verify true root - identity -/- | timeout Some(9)",
        ),
        (
            "mysql://u@h/d?sslaccept=other&sslcert=ca.pem",
            "h 3306 | user u password - | d - | tls Require verify false root /base/ca.pem identity -/- | timeout Some(5)",
        ),
        (
            "mysql://root@localhost/d?socket=(/nowhere/mysql.sock)",
            "socket /nowhere/mysql.sock 3306 | user root password - | d - | tls Disable verify false root - identity -/- | timeout Some(5)",
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn sql_server_is_read_as_prisma_reads_it() {
    for (text, expected) in [
        (
            "sqlserver://db.example.com:1444;database=shop;user=sa;password=s3c;schema=sales",
            "db.example.com 1444 | user sa password s3c | shop sales | tls Require verify true root - identity -/- | timeout Some(5)",
        ),
        (
            "SQLSERVER://h;Database=shop;USER=sa;Password={a;b=c}}d};TrustServerCertificate=true;encrypt=false;loginTimeout=0",
            "h 1433 | user sa password a;b=c}d | shop dbo | tls Prefer verify false root - identity -/- | timeout None",
        ),
        (
            "jdbc:sqlserver://h\\Dev;initial catalog=my%20shop;uid=sa;pwd=x=y;encrypt=DANGER_PLAINTEXT;trust_server_certificate_ca=ca.crt",
            "h instance Dev | user sa password x=y | my shop dbo | tls Disable verify true root /base/ca.crt identity -/- | timeout Some(5)",
        ),
        (
            "sqlserver://h\\Dev:1500;connect_timeout=7;",
            "h 1500 | user - password - | master dbo | tls Require verify true root - identity -/- | timeout Some(7)",
        ),
        (
            "sqlserver://[2001:db8::1]:1500",
            "2001:db8::1 1500 | user - password - | master dbo | tls Require verify true root - identity -/- | timeout Some(5)",
        ),
        (
            "sqlserver://",
            "localhost 1433 | user - password - | master dbo | tls Require verify true root - identity -/- | timeout Some(5)",
        ),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn sqlite_paths_start_where_the_caller_says() {
    for (text, expected) in [
        ("file:./dev.db", "/base/dev.db"),
        ("file:dev.db?connection_limit=1&socket_timeout=9", "/base/dev.db"),
        ("sqlite:../x/dev.db", "/x/dev.db"),
        ("FILE:/abs/./y/../dev.db", "/abs/dev.db"),
        ("file:///abs/dev.db", "/abs/dev.db"),
        ("file:file:dev.db", "/base/dev.db"),
        ("file:my%20dev.db", "/base/my%20dev.db"),
        ("file:d\u{e9}v.db", "/base/d\u{e9}v.db"),
    ] {
        match parse(text).driver() {
            Ok(Driver::File(path)) => assert_eq!(path, Path::new(expected), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(parse(text).redacted(), format!("file:{expected}"));
    }
    assert!(matches!(parse("file::memory:").driver(), Ok(Driver::Memory)));
}

#[cfg(unix)]
#[test]
fn links_are_followed_even_when_they_lead_nowhere_or_in_a_circle() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    symlink("elsewhere/new.db", real.join("dangling.db")).unwrap();
    symlink("b.db", real.join("a.db")).unwrap();
    symlink("a.db", real.join("b.db")).unwrap();
    let path = |text: &str| {
        let url = DatabaseUrl::parse(None, text, &real).unwrap();
        url.identity().path().unwrap().to_path_buf()
    };
    assert_eq!(path("file:dangling.db"), real.join("elsewhere/new.db"));
    assert!(path("file:a.db").starts_with(&real));
    let folder = DatabaseUrl::parse(None, "file:.", &real).unwrap_err();
    assert_eq!(folder, UrlError::IsFolder(real));
}

#[test]
fn what_is_shown_has_place_and_name_only() {
    for (text, expected) in [
        ("postgresql://u:p@DB.example.com/shop?sslpassword=x", "postgresql://db.example.com:5432/shop"),
        ("postgres://u:p@h:1/shop?schema=sales&api_key=x", "postgresql://h:1/shop?schema=sales"),
        ("postgres://u:p@[::1]/shop", "postgresql://[::1]:5432/shop"),
        ("postgres://u:p@x/shop?host=/nowhere&schema=s", "postgresql:///shop?host=/nowhere&schema=s"),
        ("mysql://u:p@h/shop", "mysql://h:3306/shop"),
        ("mysql://u:p@h/shop?socket=/nowhere/s.sock", "mysql:///shop?socket=/nowhere/s.sock"),
        ("sqlserver://h\\I;user=u;password=p;database=d;schema=s", "sqlserver://h\\i;database=d;schema=s"),
        ("sqlserver://h;user=u;password=p", "sqlserver://h:1433;database=master"),
        ("prisma+postgres://accelerate.prisma-data.net/?api_key=k", "prisma+postgres://accelerate.prisma-data.net"),
        ("postgres://u:p@h/%1b[2Jshop", "postgresql://h:5432/\\u{1b}[2Jshop"),
        (
            "postgres://h/shop%0Aerror:%09forged?schema=a%0D%0Ab",
            "postgresql://h:5432/shop\\nerror:\\tforged?schema=a\\u{d}\\nb",
        ),
    ] {
        let url = parse(text);
        assert_eq!(url.redacted(), expected, "{text}");
        assert_eq!(format!("{url:?}"), format!("DatabaseUrl({expected})"));
        assert_eq!(serde_json::to_string(&url).unwrap(), serde_json::to_string(expected).unwrap());
        assert_eq!(url.expose(), text);
    }
}

#[test]
fn what_is_not_taken_says_why() {
    let malformed = |text: &str| matches!(problem(text), UrlError::Malformed(_));
    assert_eq!(problem("  \n"), UrlError::Empty);
    assert_eq!(problem("'postgres://h/d'"), UrlError::Quoted);
    for text in [
        "localhost:5432/db",
        "db.example.com",
        "http://h/d",
        "redis://h",
        "://h/d",
        "mariadb://h/d",
        "jdbc:postgresql://h",
    ] {
        assert_eq!(problem(text), UrlError::UnknownScheme, "{text}");
    }
    assert_eq!(problem("prisma://accelerate.prisma-data.net/?api_key=k"), UrlError::Accelerate);
    assert_eq!(problem("mongodb+srv://u:p@h/d"), UrlError::MongoDb);
    for text in [
        "postgres:db",
        "postgres://u:p/w@h/d",
        "postgres://u:p@:5432/d",
        "postgres://[::1/d",
        "postgres://h:99999/d",
        "postgres://u:p#w@h/d",
        "mysql://h:port/d",
        "sqlserver:h",
        "sqlserver://sa:p@h:1433;database=d",
        "sqlserver://h:1433/d",
        "sqlserver://h,1433;database=d",
        "sqlserver://h;password=a;b",
        "sqlserver://h;password={a",
        "sqlserver://h;database=a;initial catalog=b",
        "file:",
        "file:dev.db?x",
        "prisma+postgres:///?api_key=k",
    ] {
        assert!(malformed(text), "{text}: {}", problem(text));
    }
    for text in ["postgres://u:12/w@h/d", "postgres://u:12?w@h/d", "postgres://u:12#w@h/d", "postgres:/u:p@h/d"] {
        assert_eq!(problem(text), UrlError::UnencodedPassword, "{text}");
    }
    for text in ["postgres://a,b/d", "postgres://h/d?host=a,b"] {
        assert_eq!(problem(text), UrlError::ManyHosts, "{text}");
    }
    assert_eq!(problem("prisma+postgres://accelerate.prisma-data.net/"), UrlError::NoApiKey);
    for (text, parameter) in [
        ("postgres://h/d?connect_timeout=soon", "connect_timeout"),
        ("postgres://h/d?pgbouncer=yes", "pgbouncer"),
        ("postgres://h/d?connection_limit=-1", "connection_limit"),
        ("postgres://h/d?host=", "host"),
        ("mysql://h/d?prefer_socket=1", "prefer_socket"),
        ("file:dev.db?connection_limit=x", "connection_limit"),
        ("sqlserver://h;connectionLimit=x", "connectionlimit"),
        ("sqlserver://h;trustServerCertificate=yes", "trustServerCertificate"),
    ] {
        assert!(matches!(problem(text), UrlError::Parameter { name, .. } if name == parameter), "{text}");
    }
    let other = DatabaseUrl::parse(Some(Provider::Postgresql), "mysql://h/d", Path::new("/")).unwrap_err();
    insta::assert_snapshot!(Error::from(other).report(), @"
    error: the database URL is for MySQL/MariaDB, and the schema's provider is `postgresql`
    why: Prisma answers P1012 to it, and migrations written for one database do not fit another
    hint: correct the URL, or `provider` in the datasource block of the schema
    ");
    insta::assert_snapshot!(Error::from(problem("postgres://u:p/w@h/d")).report(), @"
    error: the database URL cannot be read: after the host comes no port number; often a `:`, `/`, `?` or `#` in the password is not encoded
    why: Prisma answers P1013 to it or connects to something else than was meant; the URL is not shown, because it may hold a password
    hint: percent-encode the user and the password: `@` is %40, `:` is %3A, `/` is %2F, `?` is %3F, `#` is %23, `%` is %25; in a SQL Server URL put the value in braces
    ");
    assert!(matches!(
        parse("prisma+postgres://accelerate.prisma-data.net/?api_key=k").driver(),
        Err(UrlError::NoDirectConnection)
    ));
}

#[test]
fn three_answers_to_whether_two_urls_are_one() {
    use Comparison::{CannotTell, Different, Same};
    for (a, b, expected) in [
        ("postgres://u:p@h/d", "postgresql://x:y@H.:5432/d?schema=public", Same),
        ("postgres://h/d", "postgres://h/D", Different),
        ("postgres://h/d", "postgres://h/d?schema=s", Different),
        ("postgres://h/d", "postgres://h:5433/d", Different),
        ("postgres://h/d", "postgres://h:6432/d", CannotTell(Doubt::Pooler)),
        ("postgres://h/d", "postgres://h:6432/e", Different),
        ("postgres://h.example/d", "postgres://10.0.0.1/d", CannotTell(Doubt::NameOrAddress)),
        ("postgres://h.example/d", "postgres://10.0.0.1:5433/d", Different),
        ("postgres://10.0.0.2/d", "postgres://10.0.0.1/d", Different),
        ("postgres://localhost/d", "mysql://localhost/d", Different),
        ("postgres://localhost/d", "postgres:///d?host=/tmp", CannotTell(Doubt::Socket)),
        ("postgres://localhost:5433/d", "postgres:///d?host=/tmp", Different),
        ("postgres://localhost/d", "postgres://10.0.0.1/d", Different),
        ("postgres://db/d", "postgres://DB/d", Same),
        ("postgres://db/d", "postgres://mysql:9/d", Different),
        ("postgres://db/d", "postgres://localhost:9/d", CannotTell(Doubt::Container)),
        ("postgres://a:k@db.prisma.io/d", "postgres://b:k@db.prisma.io/d", CannotTell(Doubt::SharedHost)),
        ("postgres://a:k@db.prisma.io/d", "postgres://a:z@db.prisma.io/d", Same),
        (
            "postgres://a:k@db.prisma.io/d",
            "prisma+postgres://accelerate.prisma-data.net/?api_key=k",
            CannotTell(Doubt::SharedHost),
        ),
        ("postgres://a:k@h/d", "prisma+postgres://accelerate.prisma-data.net/?api_key=k", Different),
        ("prisma+postgres://h/?api_key=k", "prisma+postgres://h/?api_key=k&x=1", Same),
        ("prisma+postgres://h/?api_key=k", "prisma+postgres://h/?api_key=l", CannotTell(Doubt::SharedHost)),
        (
            "postgres://postgres@aws-0-eu.pooler.supabase.com/d",
            "postgres://postgres@db.abcd.supabase.co/d",
            CannotTell(Doubt::SharedHost),
        ),
        ("mysql://h/d", "mysql://h/D", CannotTell(Doubt::LetterCase)),
        ("mysql://localhost/d?socket=/s", "mysql://localhost/d?socket=/s", Same),
        ("mysql://localhost/d?socket=/s", "mysql://localhost/d", CannotTell(Doubt::Socket)),
        ("mysql://localhost/d?socket=/s", "mysql://h.example/d", Different),
        ("sqlserver://h\\A;database=d", "sqlserver://h\\a;database=d", Same),
        ("sqlserver://h\\A;database=d", "sqlserver://h\\B;database=d", Different),
        ("sqlserver://h\\A;database=d", "sqlserver://h:1433;database=d", CannotTell(Doubt::Instance)),
        ("sqlserver://h\\A:1;database=d", "sqlserver://h:1;database=d", Same),
        ("file:a.db", "file:./x/../a.db", Same),
        ("file:a.db", "file:b.db", Different),
        ("file:a.db", "postgres://h/a.db", Different),
    ] {
        assert_eq!(parse(a).identity().same_database(parse(b).identity()), expected, "{a} and {b}");
    }
    let one = parse("postgres://h/d?schema=a");
    assert_eq!(one.identity().same_server(parse("postgres://h/e").identity()), Same);
    assert_eq!(server("postgres://h/d").connect_timeout, Some(Duration::from_secs(5)));
    assert_eq!(server("postgres://h/d").tls.mode, TlsMode::Prefer);
}
