//! MySQL and MariaDB: `mariadb-dump` or `mysqldump` in one transaction, checked by the line that it ends with.

use std::fmt::Write as _;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::{BackupError, finish, program};
use crate::environment::url::driver::{Address, ServerDriver, TlsMode};

/// What both programs write last.
const FOOTER: &str = "-- Dump completed";

/// Dumps the database with its routines and triggers.
pub(super) fn take(server: &ServerDriver, into: &Path) -> Result<(String, &'static str, &'static str), BackupError> {
    let (name, path) = program(&["mariadb-dump", "mysqldump"])?;
    let failed = |said: std::io::Error| BackupError::Failed { program: name.to_owned(), said: said.to_string() };
    // Only this user may read it, and it is gone when the dump ends.
    let mut options = tempfile::Builder::new().prefix("prisma-safe-").suffix(".cnf").tempfile().map_err(failed)?;
    options.write_all(client(server, name).as_bytes()).map_err(failed)?;
    options.flush().map_err(failed)?;
    // It must be the first argument.
    let arguments = [
        format!("--defaults-extra-file={}", options.path().display()),
        "--single-transaction".to_owned(),
        "--routines".to_owned(),
        "--triggers".to_owned(),
        format!("--result-file={}", into.display()),
        "--".to_owned(),
        server.database.clone(),
    ];
    finish(name, &duct::cmd(path, arguments))?;
    let tail = tail(into).map_err(failed)?;
    if !tail.lines().rev().take(3).any(|line| line.starts_with(FOOTER)) {
        return Err(BackupError::NotWhole {
            program: name.to_owned(),
            said: format!("it does not end with `{FOOTER}`"),
        });
    }
    Ok((name.to_owned(), "the dump's last line", "sql"))
}

fn client(server: &ServerDriver, program: &str) -> String {
    let mut text = String::from("[client]\n");
    let mut set = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    };
    match &server.address {
        Address::Tcp { host, port } => {
            set("host", host);
            set("port", &port.to_string());
            set("protocol", "tcp");
        }
        Address::Socket { path, .. } => set("socket", &path.to_string_lossy()),
        Address::Instance { .. } => {}
    }
    if let Some(user) = &server.user {
        set("user", user);
    }
    if let Some(password) = &server.password {
        set("password", password.expose_secret());
    }
    if let Some(root) = &server.tls.root_certificate {
        set("ssl-ca", &root.to_string_lossy());
    }
    // The two programs have different words for how hard they insist.
    let mariadb = program == "mariadb-dump";
    match (server.tls.mode, server.tls.verify, mariadb) {
        (TlsMode::Disable, _, true) => text.push_str("skip-ssl\n"),
        (TlsMode::Disable, _, false) => text.push_str("ssl-mode=DISABLED\n"),
        (TlsMode::Require, false, true) => text.push_str("ssl\n"),
        (TlsMode::Require, false, false) => text.push_str("ssl-mode=REQUIRED\n"),
        (TlsMode::Prefer | TlsMode::Require, true, true) => text.push_str("ssl-verify-server-cert\n"),
        (TlsMode::Prefer | TlsMode::Require, true, false) => text.push_str("ssl-mode=VERIFY_IDENTITY\n"),
        (TlsMode::Prefer, false, _) => {}
    }
    text
}

/// The last bytes as text.
fn tail(path: &Path) -> std::io::Result<String> {
    const BYTES: u64 = 512;
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::DatabaseUrl;
    use crate::environment::url::driver::Driver;

    #[test]
    fn the_options_file_holds_what_arguments_must_not() {
        let url = DatabaseUrl::parse(None, "mysql://ada:s%22c%5Cret%23@db:3307/app?connection_limit=3", Path::new("/"))
            .unwrap();
        let Driver::Server(server) = url.driver().unwrap() else { panic!("a server") };
        insta::assert_snapshot!(client(server, "mariadb-dump"), @r#"
        [client]
        host="db"
        port="3307"
        protocol="tcp"
        user="ada"
        password="s\"c\\ret#"
        skip-ssl
        "#);
    }
}
