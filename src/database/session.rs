//! One connection with the runtime that drives it, and what all drivers have in common when they fail.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use sqlx::Connection;
use tokio::runtime::{Builder, Runtime};

use super::{DatabaseError, Limits, Result, Unreachable};
use crate::shell::single_spaced;

/// What messages say about a connection; never a secret.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The redacted URL.
    pub target: String,
    /// `host:port`, or the path of a socket or a file.
    pub address: String,
    /// Name of the database.
    pub database: String,
}

/// Turns a driver's error into one of ours. Each provider has one, for the codes of its server.
pub(super) type Classify = fn(&Place, &'static str, &sqlx::Error) -> Option<DatabaseError>;

/// An open connection.
pub(super) struct Session<C: Connection> {
    pub place: Place,
    runtime: Option<Runtime>,
    connection: Option<C>,
    classify: Classify,
    patience: Duration,
}

/// What becomes of work that is under way when somebody says stop.
pub(super) enum OnStop {
    /// Its end is waited for.
    Wait,
    /// The connection is cut off.
    GiveUp,
}

/// Ends when the flag is up. A signal handler can raise a flag and do little else, so it is looked at.
async fn risen(stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How long a server may overrun its own statement timeout before we stop listening.
const GRACE: Duration = Duration::from_secs(2);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(200);

/// What is being done when a connection is opened.
const CONNECT: &str = "connect";

impl<C: Connection> Session<C> {
    /// Connects.
    pub fn open(
        place: Place,
        limits: Limits,
        classify: Classify,
        connect: impl Future<Output = Result<C, sqlx::Error>>,
    ) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DatabaseError::Runtime(error.to_string()))?;
        let connected = runtime.block_on(async { tokio::time::timeout(limits.connect, connect).await });
        let connection = match connected {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => {
                // A name lookup that hangs must not hold the process.
                runtime.shutdown_background();
                return Err(explain(&place, CONNECT, classify, &error));
            }
            Err(_) => {
                runtime.shutdown_background();
                let cause = Unreachable::Timeout(limits.connect);
                return Err(DatabaseError::Unreachable { target: place.target, address: place.address, cause });
            }
        };
        let patience = limits.statement + GRACE;
        Ok(Session { place, runtime: Some(runtime), connection: Some(connection), classify, patience })
    }

    /// Does one piece of work on the connection; `doing` completes "not allowed to …", "failed to …".
    pub fn run<T>(
        &mut self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut C) -> Result<T, sqlx::Error>,
    ) -> Result<T> {
        self.run_for(self.patience, doing, work)
    }

    /// The same, with another patience.
    pub fn run_for<T>(
        &mut self,
        patience: Duration,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut C) -> Result<T, sqlx::Error>,
    ) -> Result<T> {
        let (Some(runtime), Some(connection)) = (&self.runtime, &mut self.connection) else {
            return Err(self.gone());
        };
        match runtime.block_on(async { tokio::time::timeout(patience, work(connection)).await }) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(explain(&self.place, doing, self.classify, &error)),
            Err(_) => {
                // The answer to this question may still come: the connection cannot be used for another one.
                self.connection = None;
                let said = format!("no answer within {} s", patience.as_secs());
                Err(DatabaseError::Busy { target: self.place.target.clone(), said })
            }
        }
    }

    /// Does work that may take for ever. When `stop` rises first, `on_stop` is awaited once and the work goes on, unless `on_stop` says that
    /// the connection is to be given up. `None`: it was given up.
    pub fn run_until<T>(
        &mut self,
        stop: &AtomicBool,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut C) -> Result<T, sqlx::Error>,
        on_stop: impl AsyncFnOnce() -> OnStop,
    ) -> Result<Option<T>> {
        let (Some(runtime), Some(connection)) = (&self.runtime, &mut self.connection) else {
            return Err(self.gone());
        };
        let ended = runtime.block_on(async {
            let (mut work, mut risen) = (pin!(work(connection)), pin!(risen(stop)));
            let first = poll_fn(|context| match work.as_mut().poll(context) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending => risen.as_mut().poll(context).map(|()| None),
            });
            match first.await {
                Some(ended) => Some(ended),
                None => match on_stop().await {
                    OnStop::Wait => Some(work.await),
                    OnStop::GiveUp => None,
                },
            }
        });
        match ended {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(error)) => Err(explain(&self.place, doing, self.classify, &error)),
            None => {
                self.give_up();
                Ok(None)
            }
        }
    }

    /// Cuts the connection off, without a word: the server takes back what is open on it.
    pub fn give_up(&mut self) {
        if let (Some(runtime), Some(connection)) = (&self.runtime, self.connection.take()) {
            // Drivers want their runtime around them when they are dropped.
            runtime.block_on(async { drop(connection) });
        }
    }

    fn gone(&self) -> DatabaseError {
        DatabaseError::Unreachable {
            target: self.place.target.clone(),
            address: self.place.address.clone(),
            cause: Unreachable::Other("the connection was given up after an answer that did not come".to_owned()),
        }
    }
}

impl<C: Connection> Drop for Session<C> {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            if let Some(connection) = self.connection.take() {
                // Without a goodbye MySQL counts and logs an aborted client.
                let _ = runtime.block_on(async { tokio::time::timeout(GOODBYE, connection.close()).await });
            }
            runtime.shutdown_background();
        }
    }
}

fn explain(place: &Place, doing: &'static str, classify: Classify, error: &sqlx::Error) -> DatabaseError {
    classify(place, doing, error).unwrap_or_else(|| common(place, doing, error))
}

fn common(place: &Place, doing: &'static str, error: &sqlx::Error) -> DatabaseError {
    let target = place.target.clone();
    match error {
        // The TLS library's complaints arrive as input errors of this kind.
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            DatabaseError::Tls { target, said: single_spaced(&error.to_string()) }
        }
        sqlx::Error::Io(error) => {
            DatabaseError::Unreachable { target, address: place.address.clone(), cause: unreachable(doing, error) }
        }
        sqlx::Error::Tls(error) => DatabaseError::Tls { target, said: single_spaced(&error.to_string()) },
        sqlx::Error::Database(error) => DatabaseError::Query {
            target,
            doing,
            code: error.code().map(std::borrow::Cow::into_owned),
            said: single_spaced(error.message()),
        },
        other => DatabaseError::Query { target, doing, code: None, said: single_spaced(&other.to_string()) },
    }
}

fn unreachable(doing: &str, error: &io::Error) -> Unreachable {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Unreachable::Refused,
        io::ErrorKind::NotFound => Unreachable::NoSocket,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Unreachable::Other(if doing == CONNECT {
            "the connection was closed at once: is this the right port?".to_owned()
        } else {
            "the connection was lost".to_owned()
        }),
        // The resolver's errors have no kind of their own.
        _ if error.to_string().contains("lookup address information") => Unreachable::UnknownHost,
        _ => Unreachable::Other(single_spaced(&error.to_string())),
    }
}

/// The first three numbers of a version text.
pub(super) fn numbers(version: &str) -> (u32, u32, u32) {
    let start = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let mut numbers = version[start..].split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_numbers_of_a_version() {
        assert_eq!(numbers("PostgreSQL 15.19 (Debian 15.19-0+deb12u1) on x86_64"), (15, 19, 0));
        assert_eq!(numbers("10.11.19-MariaDB-0+deb12u1"), (10, 11, 19));
        assert_eq!(numbers("8.0.36"), (8, 0, 36));
        assert_eq!(numbers("devel"), (0, 0, 0));
    }
}
