//! Backups of real servers with their own programs.

use std::path::Path;

use prisma_safe::deploy::backup::{BackupError, take};
use prisma_safe::environment::DatabaseUrl;
use prisma_safe::settings::{BackupSettings, BackupSource, Sourced};

use crate::fixture::each_server;
use crate::support::servers::Kind;
use crate::support::skip_or_fail;

fn into(folder: &Path) -> BackupSettings {
    BackupSettings {
        source: Sourced::default(BackupSource::Folder(folder.to_owned())),
        max_age: Sourced::default(std::time::Duration::ZERO),
    }
}

#[test]
fn what_is_in_the_database_is_in_the_backup() {
    for server in each_server() {
        let database = server.database();
        database.execute("CREATE TABLE keepsake (id INT PRIMARY KEY); INSERT INTO keepsake VALUES (42);");
        let folder = tempfile::tempdir().unwrap();
        // Prisma's own parameters mean nothing to the dump programs.
        let url = database.url();
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = DatabaseUrl::parse(None, &format!("{url}{separator}connection_limit=1"), Path::new("/")).unwrap();
        let taken = match take(&into(&folder.path().join("backups")), "eu", &url, Path::new("/")) {
            Ok(taken) => taken.unwrap(),
            Err(error @ BackupError::NotInstalled { .. }) => {
                skip_or_fail(&error.to_string());
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let file = taken.file.unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(taken.bytes, Some(bytes.len() as u64));
        let needle: &[u8] = match server.kind {
            Kind::Postgres => b"keepsake",
            Kind::MariaDb => b"CREATE TABLE `keepsake`",
        };
        assert!(bytes.windows(needle.len()).any(|window| window == needle), "{file}");
        // The file and .gitignore: nothing half-written is left.
        assert_eq!(std::fs::read_dir(folder.path().join("backups")).unwrap().count(), 2);
    }
}

#[test]
fn a_wrong_password_leaves_no_file_and_is_not_shown() {
    for server in each_server() {
        let database = server.database();
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::parse(None, &database.url_as("nobody", "hunter2"), Path::new("/")).unwrap();
        let error = take(&into(folder.path()), "eu", &url, Path::new("/")).unwrap_err();
        if matches!(error, BackupError::NotInstalled { .. }) {
            skip_or_fail(&error.to_string());
            continue;
        }
        let said = error.to_string();
        assert!(said.starts_with("no backup: ") && said.contains("nobody") && !said.contains("hunter2"), "{said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
