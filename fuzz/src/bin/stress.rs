//! Mutates seeds and feeds them to the targets, on stable Rust: `cargo run --release --bin stress -- <executions> [seed]`.
//!
//! Seeds are its own few lines of SQL and, when it is there, the corpus beside the project. A panic or an input that takes longer than a second
//! ends the run with the input written to `stress-failure.bin`.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use prisma_safe_fuzz::TARGETS;

/// Longest input.
const LONGEST: usize = 4_096;

/// Longest time for one input. The machine may be busy.
const SLOWEST: Duration = Duration::from_secs(1);

const SEEDS: &[&str] = &[
    "ALTER TABLE \"a\" ADD COLUMN b int NOT NULL DEFAULT now(), DROP COLUMN c CASCADE;",
    "DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN EXECUTE 'DROP TABLE t'; END IF; EXCEPTION WHEN others THEN NULL; END $$;",
    "BEGIN TRY\nBEGIN TRAN;\nIF EXISTS(SELECT * FROM [a]) EXEC('INSERT INTO [b] ([c]) SELECT ''x'' FROM [a]');\nCOMMIT TRAN;\nEND TRY\nBEGIN CATCH\nTHROW\nEND CATCH",
    "CREATE TABLE \"new_t\" (id INTEGER PRIMARY KEY); INSERT INTO \"new_t\" SELECT id FROM t; DROP TABLE t; ALTER TABLE \"new_t\" RENAME TO t;",
    "CREATE TYPE e_new AS ENUM ('a'); ALTER TYPE e RENAME TO e_old; ALTER TYPE e_new RENAME TO e; DROP TYPE e_old;",
    "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF NEW.a THEN SET NEW.b = 1; END IF; END; /*!40101 SET NAMES utf8 */;",
    "WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b (c) SELECT coalesce(d, random()) FROM x ON CONFLICT DO NOTHING;",
    "-- prisma-safe: allow drop-column reason=\"why \\\"not\\\"\" until=2027-01-31 when=\"rows < 10\"\nDROP TABLE t;",
    "allow drop-column, other reason=\"x\" until=2027-01-31 when=\"size <= 1GB\"",
    "expect-rows 100..200",
    "UPDATE t SET (a, b) = (1, 2), c = c + 1 WHERE a IS DISTINCT FROM b AND 1 = 1;",
    "PREPARE s FROM 'SELECT 1'; EXECUTE s; DECLARE @x INT = 1 SELECT @x += 2 EXEC sp_executesql N'DROP TABLE x' GO",
];

const WORDS: &[&str] = &[
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "(",
    ")",
    "$$",
    "$a$",
    ";",
    ",",
    ".",
    "--",
    "/*",
    "*/",
    "/*!",
    "#",
    "\\",
    "\n",
    "::",
    "=",
    "E'",
    "N'",
    "é",
    "\0",
    " SELECT ",
    " FROM ",
    " WHERE ",
    " INSERT INTO ",
    " UPDATE ",
    " SET ",
    " DELETE ",
    " CREATE ",
    " ALTER ",
    " DROP ",
    " TABLE ",
    " COLUMN ",
    " INDEX ",
    " CONSTRAINT ",
    " CHECK ",
    " DEFAULT ",
    " NOT ",
    " NULL ",
    " AS ",
    " WITH ",
    " BEGIN ",
    " END ",
    " IF ",
    " ELSE ",
    " EXEC ",
    " CASE ",
    " WHEN ",
    " THEN ",
    " ON ",
    " CASCADE ",
    " RENAME TO ",
    " TYPE ",
    " USING ",
    " VALUES ",
    " TRIGGER ",
    " GO ",
    " TRY ",
    " CATCH ",
    " DO ",
    " UNION ",
    " reason=",
    " allow ",
];

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.next() % limit as u64) as usize }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = SEEDS.iter().map(|s| s.as_bytes().to_vec()).collect();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    for source in std::fs::read_dir(corpus).into_iter().flatten().flatten() {
        for migration in std::fs::read_dir(source.path()).into_iter().flatten().flatten() {
            if let Ok(bytes) = std::fs::read(migration.path().join("migration.sql")) {
                seeds.extend(bytes.chunks(LONGEST / 2).map(<[u8]>::to_vec));
            }
        }
    }
    seeds.sort();
    seeds
}

fn mutate(random: &mut Random, seeds: &[Vec<u8>], input: &mut Vec<u8>) {
    input.clear();
    input.push(random.next() as u8);
    input.extend_from_slice(&seeds[random.below(seeds.len())]);
    for _ in 0..=random.below(6) {
        let at = 1 + random.below(input.len() - 1);
        let length = random.below((input.len() - at).min(64));
        match random.below(7) {
            0 => drop(input.drain(at..at + length)),
            1 => {
                let part = input[at..at + length].to_vec();
                let to = 1 + random.below(input.len() - 1);
                input.splice(to..to, part);
            }
            2 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let part = other[from..(from + 1 + random.below(200)).min(other.len())].to_vec();
                input.splice(at..at, part);
            }
            3 | 4 => {
                let word = WORDS[random.below(WORDS.len())].as_bytes();
                let times = if random.below(40) == 0 { random.below(200) } else { 1 };
                for _ in 0..times {
                    input.splice(at..at, word.iter().copied());
                }
            }
            5 => {
                let bit = 1 << random.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            _ => input.truncate(at + length + 1),
        }
        if input.len() < 2 {
            input.push(b';');
        }
    }
    input.truncate(LONGEST);
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let executions: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(100_000);
    let seed: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    let seeds = seeds();
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()) as u64;
    let done = AtomicU64::new(0);
    let failure: Mutex<Option<(String, Vec<u8>)>> = Mutex::new(None);
    let slowest: Mutex<(Duration, Vec<u8>)> = Mutex::new((Duration::ZERO, Vec::new()));
    let start = Instant::now();
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (seeds, done, failure, slowest) = (&seeds, &done, &failure, &slowest);
            scope.spawn(move || {
                let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (thread + 1));
                let mut input = Vec::new();
                while done.fetch_add(1, Ordering::Relaxed) < executions {
                    if failure.lock().is_ok_and(|f| f.is_some()) {
                        return;
                    }
                    mutate(&mut random, seeds, &mut input);
                    let (name, target) = TARGETS[random.below(TARGETS.len())];
                    let run = || {
                        let begun = Instant::now();
                        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| target(&input)));
                        (outcome, begun.elapsed())
                    };
                    let (outcome, mut taken) = run();
                    if outcome.is_ok() && taken > SLOWEST {
                        // The machine may have been busy: only what is slow every time is slow.
                        taken = (0..3).map(|_| run().1).fold(taken, Duration::min);
                    }
                    if let Ok(mut slowest) = slowest.lock()
                        && taken > slowest.0
                    {
                        *slowest = (taken, input.clone());
                    }
                    let problem = match outcome {
                        Err(panic) => panic
                            .downcast_ref::<String>()
                            .cloned()
                            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())),
                        Ok(()) if taken > SLOWEST => Some(format!("took {taken:?}")),
                        Ok(()) => None,
                    };
                    if let Some(problem) = problem
                        && let Ok(mut failure) = failure.lock()
                    {
                        *failure = Some((format!("{name}: {problem}"), input.clone()));
                    }
                }
            });
        }
    });
    let failure = failure.into_inner().ok().flatten();
    let slowest = slowest.into_inner().map(|s| s.0).unwrap_or_default();
    println!(
        "{} executions, seed {seed}, {} seeds, {:?}, slowest {slowest:?}",
        executions.min(done.into_inner()),
        seeds.len(),
        start.elapsed()
    );
    match failure {
        None => ExitCode::SUCCESS,
        Some((problem, input)) => {
            let _ = std::fs::write("stress-failure.bin", &input);
            println!("failed: {problem}\n{}", String::from_utf8_lossy(&input));
            ExitCode::FAILURE
        }
    }
}
