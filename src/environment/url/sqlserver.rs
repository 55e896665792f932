//! `sqlserver://host[\instance][:port];key=value;…`, JDBC's form. Not a WHATWG URL: keys in any letter case, values with
//! special characters in braces (`password={a;b}`).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::driver::{Address, Driver, ServerDriver, Tls, TlsMode};
use super::network::{decoded, endpoint};
use super::{Parsed, UrlError};
use crate::environment::identity::{DatabaseIdentity, Place};
use crate::project::Provider;

const PORT: u16 = 1433;

/// Keys in lower case, with their values.
type Properties = BTreeMap<String, Zeroizing<String>>;

pub(super) fn parse(text: &str, base: &Path) -> Result<Parsed, UrlError> {
    let body = text.split_once("://").ok_or(UrlError::Malformed("`//` is missing after `sqlserver:`"))?.1;
    let (server, properties) = split(body)?;
    let (host, instance, port) = server_parts(&server)?;
    let value = |names: &[&str]| one_of(&properties, names);
    let user = value(&["user", "username", "user id", "userid", "uid"])?;
    let written_database = value(&["database", "databasename", "initial catalog", "initialcatalog"])?;
    let database = written_database.clone().map_or_else(|| "master".to_owned(), |name| decoded(&name));
    let schema = value(&["schema"])?.unwrap_or_else(|| "dbo".to_owned());
    for name in ["connectionlimit", "pooltimeout", "sockettimeout", "max_connection_lifetime"] {
        number(&properties, name)?;
    }

    let mut endpoint = endpoint(&host, port, user.as_deref(), false);
    if instance.is_none() {
        endpoint.port.get_or_insert(PORT);
    }
    endpoint.instance = instance.clone().map(|instance| instance.to_lowercase());
    let address = match (port, instance) {
        (None, Some(instance)) => Address::Instance { host, instance },
        (port, _) => Address::Tcp { host, port: port.unwrap_or(PORT) },
    };
    let driver = ServerDriver {
        provider: Provider::Sqlserver,
        address,
        user,
        password: value(&["password", "pwd"])?.map(SecretString::from),
        database: database.clone(),
        schema: Some(schema.clone()),
        tls: tls(&properties, base)?,
        connect_timeout: connect_timeout(&properties)?,
        application_name: value(&["applicationname", "application name"])?,
        options: None,
        pgbouncer: false,
    };
    let identity = DatabaseIdentity {
        provider: Provider::Sqlserver,
        place: Place::Server(endpoint),
        encoded_name: written_database.as_ref().is_some_and(|written| *written != database),
        // The default is certain here: `master`.
        unnamed: false,
        database,
        schema: Some(schema),
        prisma_dev: false,
    };
    Ok(Parsed { identity, driver: Some(Driver::Server(Box::new(driver))) })
}

/// Cuts at the semicolons that no braces enclose; takes the braces off; a doubled closing brace is one of them.
fn split(body: &str) -> Result<(String, Properties), UrlError> {
    let mut parts = vec![Zeroizing::new(String::new())];
    let mut in_braces = false;
    let mut characters = body.chars().peekable();
    while let Some(c) = characters.next() {
        let part = parts.last_mut().expect("it begins with one part and only grows");
        match c {
            '{' if !in_braces => in_braces = true,
            '}' if in_braces && characters.peek() == Some(&'}') => {
                characters.next();
                part.push('}');
            }
            '}' if in_braces => in_braces = false,
            ';' if !in_braces => parts.push(Zeroizing::new(String::new())),
            // Keeps the first `=` as the one between key and value.
            c => part.push(c),
        }
    }
    if in_braces {
        return Err(UrlError::Malformed("a brace `{` is not closed"));
    }
    let mut parts = parts.into_iter();
    let server = parts.next().map(|part| part.trim().to_owned()).unwrap_or_default();
    let mut properties = Properties::new();
    for part in parts.filter(|part| !part.trim().is_empty()) {
        let (key, value) = part.split_once('=').ok_or(UrlError::Malformed(
            "a part between semicolons has no `=`; often a `;` in the password is not in braces",
        ))?;
        properties.insert(key.trim().to_ascii_lowercase(), Zeroizing::new(value.to_owned()));
    }
    Ok((server, properties))
}

fn server_parts(server: &str) -> Result<(String, Option<String>, Option<u16>), UrlError> {
    if server.contains(['@', '/', '?', '#']) {
        return Err(UrlError::Malformed(
            "user, password and database belong behind the host, as `;user=name;password={secret};database=name`",
        ));
    }
    if server.contains(',') {
        return Err(UrlError::Malformed("the port follows the host after a colon, not after a comma"));
    }
    // In an IPv6 address the port's colon is the one behind the bracket.
    let colon = match server.rfind(']') {
        Some(bracket) => server[bracket..].find(':').map(|colon| bracket + colon),
        None => server.find(':'),
    };
    let (name, port) = match colon {
        Some(colon) => (&server[..colon], Some(&server[colon + 1..])),
        None => (server, None),
    };
    let port =
        port.map(str::parse).transpose().map_err(|_| UrlError::Malformed("after the host comes no port number"))?;
    let (host, instance) = match name.split_once('\\') {
        Some((host, instance)) if !instance.is_empty() => (host, Some(instance.to_owned())),
        Some((host, _)) => (host, None),
        None => (name, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // `.` and `(local)` are this machine in SQL Server's own tools.
    let host = if matches!(host, "" | "." | "(local)" | "(LOCAL)") { "localhost" } else { host };
    Ok((host.to_owned(), instance, port))
}

/// The value of the first of several names of one setting. Two of them with two values leave it open which one counts.
fn one_of(properties: &Properties, names: &[&str]) -> Result<Option<String>, UrlError> {
    let mut values = names.iter().filter_map(|name| properties.get(*name));
    let Some(first) = values.next() else { return Ok(None) };
    if values.any(|other| other != first) {
        return Err(UrlError::Malformed("one setting is given twice under two names, with two values"));
    }
    Ok(Some(first.to_string()).filter(|value| !value.is_empty()))
}

fn number(properties: &Properties, name: &'static str) -> Result<Option<u64>, UrlError> {
    let snake = match name {
        "connectionlimit" => "connection_limit",
        "pooltimeout" => "pool_timeout",
        "sockettimeout" => "socket_timeout",
        other => other,
    };
    let value = one_of(properties, &[name, snake])?.map(|value| value.parse());
    value.transpose().map_err(|_| UrlError::Parameter { name, expected: "a whole number" })
}

fn connect_timeout(properties: &Properties) -> Result<Option<Duration>, UrlError> {
    let names = [
        "logintimeout",
        "login_timeout",
        "connecttimeout",
        "connect_timeout",
        "connectiontimeout",
        "connection_timeout",
    ];
    // Prisma takes the first of these names that is there.
    let value = names.iter().find_map(|name| properties.get(*name));
    let seconds = match value {
        None => 5,
        Some(text) => {
            text.parse().map_err(|_| UrlError::Parameter { name: "loginTimeout", expected: "a whole number" })?
        }
    };
    Ok((seconds != 0).then(|| Duration::from_secs(seconds)))
}

fn tls(properties: &Properties, base: &Path) -> Result<Tls, UrlError> {
    let mode = match properties.get("encrypt").map(|value| value.as_str()) {
        None | Some("true") => TlsMode::Require,
        Some("DANGER_PLAINTEXT") => TlsMode::Disable,
        // `false` and every other word: the login alone is encrypted.
        Some(_) => TlsMode::Prefer,
    };
    let trust = one_of(properties, &["trustservercertificate", "trust_server_certificate"])?.map(|value| value.parse());
    let trust: Option<bool> = trust
        .transpose()
        .map_err(|_| UrlError::Parameter { name: "trustServerCertificate", expected: "`true` or `false`" })?;
    let authority = one_of(properties, &["trustservercertificateca", "trust_server_certificate_ca"])?;
    Ok(Tls {
        mode,
        verify: !trust.unwrap_or(false),
        root_certificate: authority.map(|path| base.join(path)),
        identity: None,
        identity_password: None,
    })
}
