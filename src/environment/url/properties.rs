//! Properties over any URL: no secret is printed, and comparing is by meaning.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::DatabaseUrl;
use super::tests::parse;
use crate::environment::identity::Comparison;
use crate::environment::{
    DevClaim, DevHosts, EnvironmentKind, MarkerLookup, OtherEnvironment, OtherUrl, StatedUrl, prove_dev,
};
use crate::error::Error;

/// Letters that no fixed text of ours, no host and no path of a test has in this row.
fn secret() -> impl Strategy<Value = String> {
    "Zq[a-zA-Z0-9]{10,20}xK"
}

/// The secret with what people have in passwords around it, not encoded.
fn dirty_secret() -> impl Strategy<Value = String> {
    ("[ -~]{0,4}", secret(), "[ -~]{0,4}").prop_map(|(before, secret, after)| format!("{before}{secret}{after}"))
}

/// URLs with a secret where secrets are. What stands around it may break the URL.
fn urls_with(secret: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for scheme in [
        "postgresql",
        "postgres",
        "mysql",
        "prisma+postgres",
        "prisma",
        "mongodb",
        "http",
        "jdbc:sqlserver",
        "sqlserver",
    ] {
        urls.push(format!("{scheme}://user:{secret}@host:5432/database?schema=s"));
        urls.push(format!("{scheme}:user:{secret}@host:5432/database"));
        urls.push(format!("{scheme}:/user:{secret}@host/database"));
        urls.push(format!("{scheme}://user:1/{secret}@host/database"));
        urls.push(format!("{scheme}://user:1?{secret}@host/database"));
        urls.push(format!("{scheme}://user:1#{secret}@host/database"));
        if secret.starts_with("Zq") {
            urls.push(format!("{scheme}://user@host:{secret}/database"));
        }
        for parameter in [
            "sslpassword",
            "sslidentity",
            "sslcert",
            "api_key",
            "options",
            "password",
            "token",
            "application_name",
            "connect_timeout",
            "pgbouncer",
        ] {
            urls.push(format!("{scheme}://user@host/database?{parameter}={secret}"));
            urls.push(format!("{scheme}://host/database?x=1&{parameter}={secret}&schema=s"));
        }
    }
    for key in ["password", "pwd", "PassWord", "user", "trustServerCertificateCA", "loginTimeout", "whatever"] {
        urls.push(format!("sqlserver://host\\instance:1433;database=d;{key}={secret};encrypt=true"));
        urls.push(format!("sqlserver://host;{key}={{{secret}}};database=d"));
        urls.push(format!("sqlserver://host;database=d;{key}={{{secret}"));
    }
    urls.push(format!("file:./dev.db?key={secret}"));
    urls.push(format!("file:./dev.db?connection_limit={secret}"));
    urls.push(format!("prisma+postgres://localhost:51213/?api_key={secret}"));
    urls.push(format!("\"postgresql://user:{secret}@host/database\""));
    urls.push(secret.to_owned());
    urls.push(format!("user:{secret}"));
    urls
}

/// Every way in which something of a URL can be printed.
fn everything_printed(text: &str) -> String {
    match DatabaseUrl::parse(None, text, Path::new("/base")) {
        Err(error) => format!("{error} {error:?} {}", Error::from(error.clone()).report()),
        Ok(url) => {
            let json = serde_json::to_string(&url).unwrap() + &serde_json::to_string(url.identity()).unwrap();
            let other = parse("postgres://other.example/d");
            let claim_error = not_dev(&url, &other);
            format!(
                "{} {url:?} {:#?} {} {:?} {json} {:?} {claim_error}",
                url.redacted(),
                url.identity(),
                url.identity(),
                url.identity().host(),
                url.driver()
            )
        }
    }
}

/// What the dev test says of it in its refusals, as the target and as the other environment.
fn not_dev(url: &DatabaseUrl, other: &DatabaseUrl) -> String {
    let mut printed = String::new();
    for (own, foreign) in [(url, url), (url, other), (other, url)] {
        let others = [OtherEnvironment {
            name: "production".to_owned(),
            kind: EnvironmentKind::Production,
            origin: None,
            url: OtherUrl::Known(Box::new(foreign.clone())),
        }];
        for kind in [EnvironmentKind::Dev, EnvironmentKind::Unstated] {
            let claim = DevClaim {
                environment: "dev",
                kind,
                kind_origin: None,
                url: StatedUrl { url: own, origin: None },
                direct: None,
                shadow: None,
                schemas: &[],
                others: &others,
                dev_hosts: &DevHosts::default(),
            };
            match prove_dev(&claim, &MarkerLookup::Unanswered("no answer".to_owned())) {
                Ok(proof) => {
                    let _ = write!(printed, "{proof:?} {claim:?}");
                }
                Err(refusal) => {
                    {
                        let _ = write!(printed, "{refusal} {refusal:?} {claim:?}");
                    };
                    printed.push_str(&Error::from(refusal).report());
                }
            }
        }
    }
    printed
}

/// Host and database of a URL, spelled in one of several ways that mean the same.
fn spellings(host: &str, port: u16, database: &str) -> Vec<String> {
    let encoded: String = host.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut urls = vec![
        format!("postgresql://u:p@{host}:{port}/{database}"),
        format!("postgres://{}:{port}/{database}?schema=public", host.to_uppercase()),
        format!("POSTGRESQL://x@{encoded}:{port}/{database}?sslmode=require"),
        format!("postgresql://elsewhere:{port}/{database}?host={host}"),
        format!("postgresql://elsewhere:{port}/{database}?host={encoded}&application_name=a"),
        format!(" postgresql://{host}.:{port}/{database}/x#y "),
    ];
    if port == 5432 {
        urls.push(format!("postgresql://{host}/{database}"));
    }
    urls
}

fn any_url() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec![
        "localhost",
        "127.0.0.1",
        "[::1]",
        "10.0.0.1",
        "db",
        "postgres",
        "a.example",
        "ep-x-pooler.neon.tech",
        "ep-x.neon.tech",
        "db.prisma.io",
        "aws-0-eu.pooler.supabase.com",
        "db.abc.supabase.co",
    ]);
    let rest = prop::sample::select(vec![
        "/d",
        "/D",
        "",
        ":5432/d",
        ":6432/d",
        ":6543/d",
        "/d?schema=s",
        "/d?host=/tmp",
        "/d?host=/run/x",
        "/d?pgbouncer=true",
        "/d?socket=/s",
    ]);
    let network = (
        prop::sample::select(vec!["postgres", "mysql"]),
        prop::sample::select(vec!["", "u@", "postgres.abc@"]),
        host,
        rest,
    )
        .prop_map(|(scheme, user, host, rest)| format!("{scheme}://{user}{host}{rest}"));
    let sqlserver = prop::sample::select(vec![
        "sqlserver://h\\A;database=d",
        "sqlserver://h\\B;database=d",
        "sqlserver://h;database=D",
        "sqlserver://h:1433;database=d",
        "sqlserver://h\\A:1433;database=d",
        "sqlserver://h\\A:1500;database=d",
        "sqlserver://.;database=d",
        "sqlserver://localhost",
    ]);
    let rest = prop::sample::select(vec![
        "file:a.db",
        "file:/base/a.db",
        "file:b.db",
        "file::memory:",
        "prisma+postgres://h/?api_key=a",
        "prisma+postgres://h/?api_key=b",
    ]);
    prop_oneof![6 => network, 2 => sqlserver.prop_map(str::to_owned), 1 => rest.prop_map(str::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_is_ever_printed(plain in secret(), dirty in dirty_secret()) {
        let start = dirty.find("Zq").expect("it is in there");
        let inner = &dirty[start..start + 8];
        for (position, needle) in [(plain.as_str(), &plain[..8]), (dirty.as_str(), inner)] {
            for text in urls_with(position) {
                let printed = everything_printed(&text);
                prop_assert!(!printed.to_lowercase().contains(&needle.to_lowercase()), "{} in\n{}", text, printed);
            }
        }
    }

    #[test]
    fn no_text_breaks_the_parser(text in "((postgres|mysql|file|sqlserver|prisma\\+postgres):)?(//)?[ -~]{0,40}", noise in ".{0,40}") {
        for text in [text.clone(), noise.clone(), format!("postgres://{noise}"), format!("sqlserver://{noise}"), format!("mysql://h/{noise}")] {
            let _ = everything_printed(&text);
        }
    }

    #[test]
    fn one_place_in_two_spellings_is_the_same(
        host in prop_oneof!["[a-z][a-z0-9]{2,8}\\.(example|lan)", Just("localhost".to_owned()), Just("10.1.2.3".to_owned())],
        port in prop_oneof![Just(5432_u16), 1024_u16..6000],
        database in "[a-z_][a-z0-9_]{0,10}",
    ) {
        let urls: Vec<DatabaseUrl> = spellings(&host, port, &database).iter().map(|text| parse(text)).collect();
        for a in &urls {
            for b in &urls {
                prop_assert_eq!(a.identity().same_database(b.identity()), Comparison::Same, "{:?} {:?}", a.expose(), b.expose());
            }
        }
    }

    #[test]
    fn comparing_is_reflexive_and_symmetric(a in any_url(), b in any_url()) {
        let (a, b) = (parse(&a), parse(&b));
        prop_assert_eq!(a.identity().same_database(a.identity()), Comparison::Same);
        prop_assert_eq!(a.identity().same_database(b.identity()), b.identity().same_database(a.identity()));
        prop_assert_eq!(a.identity().same_server(b.identity()), b.identity().same_server(a.identity()));
        if a.identity().same_database(b.identity()) == Comparison::Same {
            prop_assert!(a.identity().same_server(b.identity()).may_be_same());
        }
    }
}
