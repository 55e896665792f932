//! Who is at work, as real servers tell it.

use std::path::Path;
use std::time::{Duration, Instant};

use prisma_safe::database::{Activity, ConnectOptions, Database, connect};
use prisma_safe::environment::DatabaseUrl;

use crate::fixture::each_server;
use crate::support::servers::Kind;

#[test]
fn an_open_transaction_is_seen_until_it_ends() {
    for server in each_server() {
        let database = server.database();
        if server.kind == Kind::MariaDb {
            // Who may not see who is at work is told so.
            database.execute("CREATE USER IF NOT EXISTS blind IDENTIFIED BY 'b'");
            database.execute("GRANT SELECT ON *.* TO blind");
            let url = DatabaseUrl::parse(None, &database.url_as("blind", "b"), Path::new("/")).unwrap();
            let error = connect(&url, ConnectOptions::default()).unwrap().activity(Duration::ZERO).unwrap_err();
            assert!(error.to_string().contains("PROCESS"), "{error}");
        }
        let url = DatabaseUrl::parse(None, &database.url(), Path::new("/")).unwrap();
        let mut connection = connect(&url, ConnectOptions::default()).unwrap();
        assert_eq!(connection.activity(Duration::ZERO).unwrap().long, [], "{:?}", server.kind);

        let mut other = database.session();
        let (begin, state) = match server.kind {
            Kind::Postgres => ("BEGIN", "idle in transaction"),
            Kind::MariaDb => ("START TRANSACTION WITH CONSISTENT SNAPSHOT", "RUNNING"),
        };
        other.execute(begin);
        // MariaDB keeps its list of transactions until nobody has asked for a tenth of a second.
        let seen = until(&mut *connection, |seen| !seen.long.is_empty());
        let [one] = seen.long.as_slice() else { panic!("{seen:?}") };
        assert_eq!(seen.hidden, None);
        assert_eq!((one.state.as_str(), one.age < Duration::from_secs(60)), (state, true));
        assert!(one.by.starts_with("user `"), "{}", one.by);
        assert_eq!(connection.activity(Duration::from_secs(3600)).unwrap().long, [], "it is not that old");
        // A neighbour's transactions are none of ours.
        let elsewhere = server.database();
        let url = DatabaseUrl::parse(None, &elsewhere.url(), Path::new("/")).unwrap();
        assert_eq!(connect(&url, ConnectOptions::default()).unwrap().activity(Duration::ZERO).unwrap().long, []);

        other.execute("COMMIT");
        until(&mut *connection, |seen| seen.long.is_empty());
    }
}

/// Asks until the answer is the awaited one.
fn until(connection: &mut dyn Database, awaited: fn(&Activity) -> bool) -> Activity {
    let started = Instant::now();
    loop {
        let seen = connection.activity(Duration::ZERO).expect("the server answers");
        if awaited(&seen) {
            return seen;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{seen:?}");
        std::thread::sleep(Duration::from_millis(250));
    }
}
