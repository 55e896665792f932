//! MySQL and MariaDB: a server of our own from the programs that are installed, in a temporary folder, on a unix socket only, without any
//! care for a power cut. A copy is made by `mysql_copy`: definitions, then rows.

use sqlx::mysql::MySqlConnectOptions;

use super::folder_of;
use super::on_server::{Connector, OnServer};
use super::process::{End, Process, program};
use crate::database::ServerOptions;
use crate::project::Provider;
use crate::revert::VerifyError;

/// Starts one.
pub(super) fn start() -> Result<OnServer, VerifyError> {
    let find = |names: &[&str]| program(Provider::Mysql, names, &[]);
    let server = find(&["mariadbd", "mysqld"])?;
    let mut process = Process::new(Provider::Mysql, &["mysql", "nobody"])?;
    let home = process.home().to_owned();
    // A server removes what looks like a temporary table from its folder for them when it starts: never from that of another server.
    let places = [format!("--datadir={}", home.join("data").display()), format!("--tmpdir={}", home.display())];
    match find(&["mariadb-install-db", "mysql_install_db"]) {
        Ok(install) => {
            let mut arguments = settings(&places);
            arguments.extend(["--auth-root-authentication-method=normal", "--skip-test-db"].map(str::to_owned));
            process.run(&install, &arguments)?;
        }
        Err(_) => {
            let mut arguments = settings(&places);
            arguments.push("--initialize-insecure".to_owned());
            process.run(&server, &arguments)?;
        }
    }
    let socket = home.join("socket");
    let mut arguments = settings(&places);
    arguments.push(format!("--socket={}", socket.display()));
    arguments.push(format!("--pid-file={}", home.join("pid").display()));
    arguments.extend(
        ["--skip-networking", "--character-set-server=utf8mb4", "--default-time-zone=+00:00"].map(str::to_owned),
    );
    // No second socket, and no binary log, where the server knows of such things.
    arguments.extend(["--loose-mysqlx=OFF", "--skip-log-bin", "--event-scheduler=OFF"].map(str::to_owned));
    let options = ServerOptions::MySql(MySqlConnectOptions::new().socket(&socket).username("root"));
    let connector = Connector::new(options, None)?;
    let admin = process.start(&server, &arguments, End::Kill, || connector.admin())?;
    OnServer::of_process(connector, admin, process, &folder_of(&server))
}

/// What both the installation and the server are told: nothing of this machine's own settings, small, and careless.
fn settings(places: &[String]) -> Vec<String> {
    let fixed = [
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--skip-innodb-doublewrite",
        "--innodb-buffer-pool-size=32M",
        "--loose-innodb-log-file-size=8M",
        "--loose-debug-no-sync",
        "--skip-name-resolve",
        "--loose-performance-schema=OFF",
    ];
    // `--no-defaults` is heard in the first place only.
    let mut settings = vec!["--no-defaults".to_owned()];
    settings.extend_from_slice(places);
    settings.extend(fixed.map(str::to_owned));
    settings
}
