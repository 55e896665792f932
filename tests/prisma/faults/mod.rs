//! The fault matrix: something dies, goes away or is full, at a chosen step of a deploy. Afterwards `status` tells the truth, no migration was
//! applied twice, none is lost, nobody claimed more than the ledger shows, and the commands that were printed finish the job.
//!
//! What is expected of each cell is what `docs/faults.md` says. The suite plays some of the cells; all of them, and the page itself:
//! `PRISMA_SAFE_BLESS=1 cargo test --test prisma faults::whole -- --ignored`. To add a fault or a step: a variant here, its name, what it does
//! in `held.rs`.

mod data;
mod held;
mod page;
mod proxy;
mod recover;
mod stage;

use std::sync::Mutex;

use stage::Stage;

use crate::bed::majors;
use crate::support::say;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Wrapper,
    Prisma,
    Engine,
    Server,
    Cut,
    Silence,
}

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Waiting,
    Gates,
    Backup,
    Starting,
    Asked,
    Recorded,
    HalfWay,
    Ran,
    Between,
    Answers,
    Ended,
    Marking,
}

/// On which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Postgres,
    Sqlite,
}

impl Fault {
    const ALL: [Fault; 6] = [Fault::Wrapper, Fault::Prisma, Fault::Engine, Fault::Server, Fault::Cut, Fault::Silence];

    const fn name(self) -> &'static str {
        match self {
            Fault::Wrapper => "`kill -9` of this tool",
            Fault::Prisma => "`kill -9` of Prisma (Node)",
            Fault::Engine => "`kill -9` of the schema engine",
            Fault::Server => "`kill -9` of the database server",
            Fault::Cut => "the network is cut",
            Fault::Silence => "the network goes silent",
        }
    }

    /// Whether there is something to kill then.
    fn can_happen(self, place: Place, step: Step) -> bool {
        use Step::{Answers, Asked, Between, HalfWay, Marking, Ran, Recorded, Starting};
        let on_its_place = match self {
            Fault::Wrapper => true,
            Fault::Prisma => matches!(step, Starting | Asked | Recorded | HalfWay | Ran | Between | Answers),
            Fault::Engine => matches!(step, Asked | Recorded | HalfWay | Ran | Between | Answers),
            Fault::Server | Fault::Cut | Fault::Silence => place == Place::Postgres,
        };
        // SQLite sends a script whole, and has no table comments.
        on_its_place && (place == Place::Postgres || !matches!(step, HalfWay | Marking))
    }
}

impl Step {
    const ALL: [Step; 12] = [
        Step::Waiting,
        Step::Gates,
        Step::Backup,
        Step::Starting,
        Step::Asked,
        Step::Recorded,
        Step::HalfWay,
        Step::Ran,
        Step::Between,
        Step::Answers,
        Step::Ended,
        Step::Marking,
    ];

    const fn name(self) -> &'static str {
        match self {
            Step::Waiting => "waiting for another deploy",
            Step::Gates => "gates",
            Step::Backup => "backup",
            Step::Starting => "Prisma starts",
            Step::Asked => "engine is asked",
            Step::Recorded => "2nd is in the ledger",
            Step::HalfWay => "2nd ran half",
            Step::Ran => "2nd ran",
            Step::Between => "between 1st and 2nd",
            Step::Answers => "engine answers",
            Step::Ended => "Prisma has ended",
            Step::Marking => "before the receipt",
        }
    }
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Place::Postgres => "PostgreSQL",
            Place::Sqlite => "SQLite",
        }
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    place: Place,
    fault: Fault,
    step: Step,
}

const fn on(place: Place, fault: Fault, step: Step) -> Cell {
    Cell { place, fault, step }
}

/// What the suite plays: every fault, and every step that differs from its neighbours.
const POSTGRES: [Cell; 9] = [
    on(Place::Postgres, Fault::Wrapper, Step::Waiting),
    on(Place::Postgres, Fault::Wrapper, Step::Backup),
    on(Place::Postgres, Fault::Wrapper, Step::HalfWay),
    on(Place::Postgres, Fault::Wrapper, Step::Marking),
    on(Place::Postgres, Fault::Prisma, Step::Recorded),
    on(Place::Postgres, Fault::Engine, Step::Ran),
    on(Place::Postgres, Fault::Server, Step::HalfWay),
    on(Place::Postgres, Fault::Cut, Step::Between),
    on(Place::Postgres, Fault::Cut, Step::Ended),
];
const SQLITE: [Cell; 4] = [
    on(Place::Sqlite, Fault::Wrapper, Step::Gates),
    on(Place::Sqlite, Fault::Wrapper, Step::Ran),
    on(Place::Sqlite, Fault::Prisma, Step::Answers),
    on(Place::Sqlite, Fault::Engine, Step::Recorded),
];

fn play(stage: &mut Stage, cell: Cell) -> String {
    let told = held::play(stage, cell);
    say(&format!("{cell:?}: {told}"));
    told
}

fn as_the_page_says(place: Place, cells: &[Cell]) {
    if majors().is_empty() || !std::path::Path::new("/proc/self/stat").exists() {
        return;
    }
    let Some(mut stage) = Stage::new(place, "faults") else { return };
    let page = page::read();
    for cell in cells {
        assert_eq!(play(&mut stage, *cell), page::cell(&page, *cell), "{cell:?}");
    }
}

#[test]
fn on_postgres() {
    as_the_page_says(Place::Postgres, &POSTGRES);
}

#[test]
fn on_sqlite() {
    as_the_page_says(Place::Sqlite, &SQLITE);
}

#[test]
fn without_a_victim() {
    if majors().is_empty() {
        return;
    }
    let Some(mut stage) = Stage::new(Place::Postgres, "faults-data") else { return };
    let page = page::read();
    for (name, play) in data::CASES {
        assert_eq!(play(&mut stage), page::case(&page, name), "{name}");
    }
}

/// Every cell, in a quarter of an hour. `PRISMA_SAFE_BLESS=1` writes the page, `PRISMA_SAFE_FAULTS=Server` plays one fault (or step) only.
#[test]
#[ignore = "plays every cell of the page, which takes long"]
fn whole() {
    let only = std::env::var("PRISMA_SAFE_FAULTS").unwrap_or_default();
    let mut cells = Vec::new();
    for place in [Place::Postgres, Place::Sqlite] {
        for fault in Fault::ALL {
            let steps = Step::ALL.into_iter().filter(|step| fault.can_happen(place, *step));
            cells.extend(steps.map(|step| on(place, fault, step)));
        }
    }
    cells.retain(|cell| only.is_empty() || format!("{cell:?}").contains(&only));
    cells.reverse();
    let (cells, played) = (Mutex::new(cells), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for name in ["whole-a", "whole-b"] {
            let (cells, played) = (&cells, &played);
            scope.spawn(move || {
                let mut postgres = Stage::new(Place::Postgres, name).expect("a server");
                let mut sqlite = Stage::new(Place::Sqlite, name).expect("no server");
                loop {
                    let Some(cell) = cells.lock().unwrap().pop() else { return };
                    let stage = if cell.place == Place::Postgres { &mut postgres } else { &mut sqlite };
                    let told = play(stage, cell);
                    played.lock().unwrap().push((cell, told));
                }
            });
        }
    });
    let mut cases = Vec::new();
    if only.is_empty() || only == "data" {
        let mut stage = Stage::new(Place::Postgres, "whole-data").expect("a server");
        cases.extend(data::CASES.iter().map(|(name, play)| (*name, play(&mut stage))));
    }
    page::settle(&played.into_inner().unwrap(), &cases);
}
