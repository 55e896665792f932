//! What each shape of `ALTER TABLE` costs on InnoDB: the cheapest `ALGORITHM` and the weakest `LOCK` that the server accepts.
//!
//! MySQL's column is its manual's ("Online DDL Operations", 8.4); MariaDB's is proven: `tests/database/algorithms_mariadb.rs` executes every row with both
//! clauses, sees it accepted, sees the next cheaper ones refused, and writes the table into `docs/locks.md`. Rules cite it, so that texts and
//! table cannot drift. To add a shape: a variant of [`Shape`], a row of [`ROWS`].

/// How the server does it, from cheap to dear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// By the catalogue alone.
    Instant,
    /// Beside the running statements, without writing the table again (MariaDB calls it NOCOPY).
    NoCopy,
    /// Beside the running statements, the whole table written again.
    InPlace,
    /// Row by row into a new table; writes wait.
    Copy,
}

/// What waits meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Nobody.
    None,
    /// Writes.
    Shared,
}

impl Algorithm {
    /// The word of the clause on MariaDB.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Instant => "INSTANT",
            Algorithm::NoCopy => "NOCOPY",
            Algorithm::InPlace => "INPLACE",
            Algorithm::Copy => "COPY",
        }
    }
}

impl Lock {
    /// The word of the clause.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Lock::None => "NONE",
            Lock::Shared => "SHARED",
        }
    }
}

/// Shapes that cost differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each has its words in `Row::what`")]
pub enum Shape {
    AddColumn,
    AddColumnWithin,
    AddColumnExpression,
    AddStoredColumn,
    AddAutoIncrement,
    DropColumn,
    RenameColumn,
    SetDefault,
    ChangeType,
    ShortenVarchar,
    GrowVarchar,
    GrowVarcharOverByte,
    MakeNullable,
    MakeRequired,
    AppendEnum,
    ReorderEnum,
    AddIndex,
    AddFulltext,
    AddSpatial,
    DropPrimaryKey,
    ReplacePrimaryKey,
    AddForeignKey,
    AddForeignKeyUnchecked,
    AddCheck,
    ConvertCharset,
    Force,
    AddColumnBesideIndex,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub shape: Shape,
    /// In words, for the documentation.
    pub what: &'static str,
    /// Clauses of an `ALTER TABLE` of [`TEST_TABLE`] that has the shape.
    pub clause: &'static str,
    /// What must run before it.
    pub before: &'static str,
    /// MySQL 8.4.
    pub mysql: (Algorithm, Lock),
    /// MariaDB 10.11.
    pub mariadb: (Algorithm, Lock),
}

/// The tables that every [`Row::clause`] is about.
pub const TEST_TABLE: &[&str] = &[
    "CREATE TABLE parent (id BIGINT PRIMARY KEY) ENGINE=InnoDB",
    "CREATE TABLE t (id BIGINT NOT NULL, parent_id BIGINT NULL, n INT NOT NULL, optional INT NULL, short VARCHAR(40) NULL, \
     `long` VARCHAR(100) NULL, kind ENUM('a','b') NOT NULL, body TEXT, place POINT NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB \
     DEFAULT CHARSET=utf8mb4",
    "INSERT INTO t (id, n, optional, kind, place) VALUES (1, 1, 1, 'a', POINT(1, 1)), (2, 2, 2, 'b', POINT(1, 1))",
];

const fn row(
    shape: Shape,
    what: &'static str,
    clause: &'static str,
    mysql: (Algorithm, Lock),
    mariadb: (Algorithm, Lock),
) -> Row {
    Row { shape, what, clause, before: "", mysql, mariadb }
}

const INSTANT: (Algorithm, Lock) = (Algorithm::Instant, Lock::None);
const NO_COPY: (Algorithm, Lock) = (Algorithm::NoCopy, Lock::None);
const IN_PLACE: (Algorithm, Lock) = (Algorithm::InPlace, Lock::None);
const COPY: (Algorithm, Lock) = (Algorithm::Copy, Lock::Shared);

/// The table.
pub const ROWS: &[Row] = &[
    row(Shape::AddColumn, "add a column at the end", "ADD COLUMN x INT NULL", INSTANT, INSTANT),
    row(Shape::AddColumnWithin, "add a column in between", "ADD COLUMN x INT NULL AFTER id", INSTANT, INSTANT),
    row(
        Shape::AddColumnExpression,
        "add a column whose default is an expression",
        "ADD COLUMN x VARCHAR(36) DEFAULT (uuid())",
        COPY,
        COPY,
    ),
    row(Shape::AddStoredColumn, "add a stored generated column", "ADD COLUMN x INT AS (n + 1) STORED", COPY, COPY),
    row(
        Shape::AddAutoIncrement,
        "add an AUTO_INCREMENT column",
        "ADD COLUMN x BIGINT NOT NULL AUTO_INCREMENT UNIQUE",
        (Algorithm::InPlace, Lock::Shared),
        (Algorithm::InPlace, Lock::Shared),
    ),
    row(Shape::DropColumn, "drop a column", "DROP COLUMN optional", INSTANT, INSTANT),
    row(Shape::RenameColumn, "rename a column", "RENAME COLUMN optional TO other", INSTANT, INSTANT),
    row(Shape::SetDefault, "set or drop a default", "ALTER COLUMN optional SET DEFAULT 5", INSTANT, INSTANT),
    row(Shape::ChangeType, "change a column's type", "MODIFY n BIGINT NOT NULL", COPY, COPY),
    row(Shape::ShortenVarchar, "shorten a VARCHAR", "MODIFY `long` VARCHAR(90) NULL", COPY, COPY),
    row(
        Shape::GrowVarchar,
        "lengthen a VARCHAR on one side of 255 bytes",
        "MODIFY `long` VARCHAR(191) NULL",
        NO_COPY,
        INSTANT,
    ),
    row(
        Shape::GrowVarcharOverByte,
        "lengthen a VARCHAR over 255 bytes (utf8mb4: from up to 63 to 64 and more characters)",
        "MODIFY short VARCHAR(64) NULL",
        COPY,
        COPY,
    ),
    row(Shape::MakeNullable, "make a column take NULL", "MODIFY n INT NULL", IN_PLACE, IN_PLACE),
    row(Shape::MakeRequired, "make a column NOT NULL", "MODIFY optional INT NOT NULL", IN_PLACE, IN_PLACE),
    row(Shape::AppendEnum, "append an ENUM member", "MODIFY kind ENUM('a','b','c') NOT NULL", INSTANT, INSTANT),
    row(Shape::ReorderEnum, "insert or reorder ENUM members", "MODIFY kind ENUM('c','a','b') NOT NULL", COPY, COPY),
    row(Shape::AddIndex, "add an index, unique or not", "ADD INDEX i (n)", NO_COPY, NO_COPY),
    row(
        Shape::AddFulltext,
        "add the first FULLTEXT index",
        "ADD FULLTEXT INDEX f (body)",
        (Algorithm::InPlace, Lock::Shared),
        (Algorithm::InPlace, Lock::Shared),
    ),
    row(
        Shape::AddSpatial,
        "add a SPATIAL index",
        "ADD SPATIAL INDEX f (place)",
        (Algorithm::NoCopy, Lock::Shared),
        (Algorithm::NoCopy, Lock::Shared),
    ),
    row(Shape::DropPrimaryKey, "drop the primary key", "DROP PRIMARY KEY", COPY, COPY),
    row(
        Shape::ReplacePrimaryKey,
        "drop and add a primary key in one statement",
        "DROP PRIMARY KEY, ADD PRIMARY KEY (id, n)",
        IN_PLACE,
        IN_PLACE,
    ),
    row(
        Shape::AddForeignKey,
        "add a foreign key",
        "ADD CONSTRAINT f FOREIGN KEY (parent_id) REFERENCES parent(id)",
        COPY,
        COPY,
    ),
    Row {
        before: "SET foreign_key_checks = 0",
        ..row(
            Shape::AddForeignKeyUnchecked,
            "add a foreign key with foreign_key_checks = 0: not checked",
            "ADD CONSTRAINT f FOREIGN KEY (parent_id) REFERENCES parent(id)",
            NO_COPY,
            NO_COPY,
        )
    },
    row(Shape::AddCheck, "add a CHECK", "ADD CONSTRAINT c CHECK (n > 0)", COPY, COPY),
    row(Shape::ConvertCharset, "convert to another character set", "CONVERT TO CHARACTER SET latin1", COPY, COPY),
    row(Shape::Force, "FORCE, ENGINE=InnoDB, ROW_FORMAT", "FORCE", IN_PLACE, IN_PLACE),
    row(
        Shape::AddColumnBesideIndex,
        "add a column and an index in one statement",
        "ADD COLUMN x INT NULL, ADD INDEX i (n)",
        IN_PLACE,
        IN_PLACE,
    ),
];

/// The row of a shape.
#[must_use]
pub fn of(shape: Shape) -> &'static Row {
    ROWS.iter().find(|row| row.shape == shape).unwrap_or(&ROWS[0])
}
