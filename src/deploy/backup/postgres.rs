//! PostgreSQL: `pg_dump` in its custom format, checked by `pg_restore --list`.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::{BackupError, finish, program};
use crate::environment::url::driver::{Address, ServerDriver, TlsMode};

/// Dumps the whole database, whatever schema the URL names. libpq's variables say where: arguments can be read by everyone.
pub(super) fn take(server: &ServerDriver, into: &Path) -> Result<(String, &'static str, &'static str), BackupError> {
    let (name, path) = program(&["pg_dump"])?;
    let arguments = ["--format=custom", "--no-password", "--file"].map(std::ffi::OsString::from);
    let mut expression = duct::cmd(path, arguments.into_iter().chain([into.as_os_str().to_owned()]));
    for (variable, value) in variables(server) {
        expression = expression.env(variable, value);
    }
    finish(name, &expression)?;
    let (restore, path) = program(&["pg_restore"])?;
    let list = finish(restore, &duct::cmd(path, [std::ffi::OsStr::new("--list"), into.as_os_str()]))
        .map_err(|error| BackupError::NotWhole { program: name.to_owned(), said: error.to_string() })?;
    if list.is_empty() {
        return Err(BackupError::NotWhole {
            program: name.to_owned(),
            said: "its table of contents is empty".to_owned(),
        });
    }
    Ok((name.to_owned(), "pg_restore --list", "dump"))
}

/// Prisma's own parameters (`schema`, `connection_limit`, …) mean nothing to libpq and are left out; so is whatever this shell has set.
fn variables(server: &ServerDriver) -> Vec<(&'static str, String)> {
    let mut variables = vec![("PGDATABASE", server.database.clone()), ("PGAPPNAME", "prisma-safe backup".to_owned())];
    match &server.address {
        Address::Tcp { host, port } => {
            variables.push(("PGHOST", host.clone()));
            variables.push(("PGPORT", port.to_string()));
        }
        Address::Socket { path, port } => {
            variables.push(("PGHOST", path.to_string_lossy().into_owned()));
            variables.push(("PGPORT", port.to_string()));
        }
        Address::Instance { .. } => {}
    }
    if let Some(user) = &server.user {
        variables.push(("PGUSER", user.clone()));
    }
    if let Some(password) = &server.password {
        variables.push(("PGPASSWORD", password.expose_secret().to_owned()));
    }
    if let Some(options) = &server.options {
        variables.push(("PGOPTIONS", options.expose_secret().to_owned()));
    }
    let mode = match (server.tls.mode, server.tls.verify) {
        (TlsMode::Disable, _) => "disable",
        (TlsMode::Prefer, false) => "prefer",
        (TlsMode::Require, false) => "require",
        (TlsMode::Prefer | TlsMode::Require, true) => "verify-full",
    };
    variables.push(("PGSSLMODE", mode.to_owned()));
    if let Some(root) = &server.tls.root_certificate {
        variables.push(("PGSSLROOTCERT", root.to_string_lossy().into_owned()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::DatabaseUrl;
    use crate::environment::url::driver::Driver;

    #[test]
    fn prismas_parameters_stay_behind() {
        let url = "postgresql://ada:s%20cret@db.example.com:6432/app?schema=shop&connection_limit=3&pgbouncer=true&sslmode=require";
        let url = DatabaseUrl::parse(None, url, Path::new("/")).unwrap();
        let Driver::Server(server) = url.driver().unwrap() else { panic!("a server") };
        let text: Vec<String> = variables(server).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        PGDATABASE=app
        PGAPPNAME=prisma-safe backup
        PGHOST=db.example.com
        PGPORT=6432
        PGUSER=ada
        PGPASSWORD=s cret
        PGSSLMODE=require
        ");
    }
}
