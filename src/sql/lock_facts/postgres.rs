//! What each shape of statement locks on PostgreSQL, how hard, and what it does meanwhile: the one table that the rules and the
//! impact gate cite.
//!
//! `tests/database/locks_postgres.rs` runs every row on a real server and compares; `docs/locks.md` is written from what it saw.
//! To add a row: a variant of [`Shape`], its [`Row`] at the same place of [`ROWS`], its scene in that test.

use std::fmt;

use crate::sql::model::Name;

/// A table-level lock of PostgreSQL, from weakest to strongest as far as they can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the lock of that name in the PostgreSQL manual, 13.3.1")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// As in `LOCK TABLE … IN … MODE`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The mode that a name means, `pg_locks.mode` (`ShareLock`) or the words of `LOCK TABLE` (`SHARE`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        LOCK_MODES.iter().copied().find(|mode| {
            let own: String = mode.as_str().chars().filter(|c| *c != ' ').collect::<String>().to_ascii_lowercase();
            plain == own || plain.strip_suffix("lock") == Some(own.as_str())
        })
    }

    /// It makes other sessions' writes wait.
    #[must_use]
    pub const fn stops_writes(self) -> bool {
        matches!(self, LockMode::Share | LockMode::ShareRowExclusive | LockMode::Exclusive | LockMode::AccessExclusive)
    }

    /// It makes other sessions' reads wait too.
    #[must_use]
    pub const fn stops_reads(self) -> bool {
        matches!(self, LockMode::AccessExclusive)
    }

    /// Who waits, as the rest of a sentence.
    #[must_use]
    pub const fn who_waits(self) -> &'static str {
        match self {
            LockMode::AccessExclusive => "nobody can read or write the table",
            LockMode::Share | LockMode::ShareRowExclusive | LockMode::Exclusive => {
                "the table can be read, but every INSERT, UPDATE and DELETE waits"
            }
            LockMode::ShareUpdateExclusive => "reads and writes go on, other schema changes wait",
            LockMode::AccessShare | LockMode::RowShare | LockMode::RowExclusive => "reads and writes go on",
        }
    }
}

/// All modes, weakest first.
pub const LOCK_MODES: [LockMode; 8] = [
    LockMode::AccessShare,
    LockMode::RowShare,
    LockMode::RowExclusive,
    LockMode::ShareUpdateExclusive,
    LockMode::Share,
    LockMode::ShareRowExclusive,
    LockMode::Exclusive,
    LockMode::AccessExclusive,
];

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is done while the lock is held: how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Only the catalogue changes: a moment, whatever the table's size.
    Metadata,
    /// Every row is read.
    Scan,
    /// Every row is read and an index is written.
    IndexBuild,
    /// The whole table and its indexes are written again.
    Rewrite,
}

impl Work {
    /// For tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Work::Metadata => "catalogue only",
            Work::Scan => "reads every row",
            Work::IndexBuild => "builds an index",
            Work::Rewrite => "rewrites the table",
        }
    }

    /// As the rest of a sentence after "while".
    const fn meanwhile(self) -> &'static str {
        match self {
            Work::Metadata => "the catalogue is changed",
            Work::Scan => "every row is read",
            Work::IndexBuild => "an index over all rows is built",
            Work::Rewrite => "the whole table and all its indexes are written again",
        }
    }

    /// It grows with the table.
    #[must_use]
    pub const fn is_long(self) -> bool {
        !matches!(self, Work::Metadata)
    }
}

/// Which of the tables that a statement touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// The table that it names first.
    Table,
    /// The table that a foreign key points at.
    Referenced,
    /// A partition: the one that is attached or detached, or each one of a partitioned table.
    Partition,
    /// The default partition of the same parent.
    DefaultPartition,
    /// Each table with a column of the domain.
    Users,
    /// The tables that a query reads.
    Sources,
}

impl On {
    /// For tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            On::Table => "the table",
            On::Referenced => "the table referred to",
            On::Partition => "the partition",
            On::DefaultPartition => "the default partition",
            On::Users => "tables that use it",
            On::Sources => "tables read",
        }
    }
}

/// What one shape of statement does.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub shape: Shape,
    /// For people: the statement with `…` for what does not matter.
    pub sql: &'static str,
    /// The strongest lock on each table that it touches.
    pub locks: &'static [(On, LockMode)],
    /// What is done while they are held.
    pub work: Work,
    /// To which table.
    pub works_on: On,
    /// PostgreSQL refuses it inside a transaction block (25001).
    pub outside_transaction: bool,
    /// The first major version that does it this way; `None`: all that Prisma supports (9.6 and later).
    pub since: Option<u16>,
}

impl Row {
    /// The lock on one of its tables.
    #[must_use]
    pub fn lock(&self, on: On) -> Option<LockMode> {
        self.locks.iter().find(|(of, _)| *of == on).map(|(_, mode)| *mode)
    }

    /// The strongest lock that it takes anywhere.
    #[must_use]
    pub fn strongest(&self) -> Option<LockMode> {
        self.locks.iter().map(|(_, mode)| *mode).max()
    }

    /// The lock on the table that it works on, what happens meanwhile and who waits, as one sentence with its full stop.
    #[must_use]
    pub fn says(&self, table: &Name) -> String {
        self.says_of(&format!("`{table}`"))
    }

    /// The same with other words for the table.
    #[must_use]
    pub fn says_of(&self, table: &str) -> String {
        let Some(mode) = self.lock(self.works_on) else {
            return format!("`{}` locks no table.", self.sql);
        };
        let article = if mode.as_str().starts_with(['A', 'E']) { "an" } else { "a" };
        format!(
            "`{}` holds {article} {mode} lock on {table} while {}: {}.",
            self.sql,
            self.work.meanwhile(),
            mode.who_waits()
        )
    }
}

/// Shapes of statements that lock alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is spelt out by `Row::sql`")]
pub enum Shape {
    CreateIndex,
    CreateIndexConcurrently,
    CreateIndexPartitioned,
    CreateIndexOnlyParent,
    AttachIndex,
    DropIndex,
    DropIndexConcurrently,
    Reindex,
    ReindexConcurrently,
    RenameIndex,
    AddColumn,
    AddColumnVolatileDefault,
    AddColumnStored,
    AddColumnIdentity,
    AddColumnUnique,
    AddColumnCheck,
    AddColumnReferences,
    AddColumnReferencesDefault,
    AddColumnDomain,
    DropColumn,
    RenameColumn,
    SetNotNull,
    SetNotNullProven,
    DropNotNull,
    SetDefault,
    ChangeType,
    ChangeTypeInPlace,
    ChangeTypeRecheck,
    ChangeTypeIndexed,
    SetStatistics,
    AddForeignKey,
    AddForeignKeyNotValid,
    ValidateForeignKey,
    AddCheck,
    AddCheckNotValid,
    ValidateCheck,
    AddUnique,
    AddUniqueUsingIndex,
    AddPrimaryKey,
    AddPrimaryKeyUsingIndex,
    AddPrimaryKeyUsingNullableIndex,
    AddExclude,
    DropConstraint,
    DropForeignKey,
    RenameConstraint,
    CreateTableReferences,
    DropTable,
    RenameTable,
    SetSchema,
    Truncate,
    SetLogged,
    SetTablespace,
    SetAccessMethod,
    Cluster,
    VacuumFull,
    Vacuum,
    Analyze,
    SetParameters,
    ReplicaIdentity,
    RowSecurity,
    Comment,
    LockTable,
    RefreshView,
    RefreshViewConcurrently,
    CreateMaterializedView,
    AttachPartition,
    AttachPartitionProven,
    AttachPartitionDefault,
    DetachPartition,
    DetachPartitionConcurrently,
    CreateTrigger,
    DropTrigger,
    ToggleTrigger,
    AddEnumValue,
    RenameEnumValue,
    DomainCheck,
    DomainCheckNotValid,
    DomainNotNull,
    Write,
}

impl Shape {
    /// What it does.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

const fn on_table(shape: Shape, sql: &'static str, mode: &'static [(On, LockMode)], work: Work) -> Row {
    Row { shape, sql, locks: mode, work, works_on: On::Table, outside_transaction: false, since: None }
}

const fn outside(row: Row) -> Row {
    Row { outside_transaction: true, ..row }
}

const fn since(row: Row, major: u16) -> Row {
    Row { since: Some(major), ..row }
}

const fn works_on(row: Row, on: On) -> Row {
    Row { works_on: on, ..row }
}

const ACCESS_EXCLUSIVE: &[(On, LockMode)] = &[(On::Table, LockMode::AccessExclusive)];
const SHARE: &[(On, LockMode)] = &[(On::Table, LockMode::Share)];
const SHARE_UPDATE: &[(On, LockMode)] = &[(On::Table, LockMode::ShareUpdateExclusive)];
const SHARE_ROW: &[(On, LockMode)] = &[(On::Table, LockMode::ShareRowExclusive)];
const BOTH_SHARE_ROW: &[(On, LockMode)] =
    &[(On::Table, LockMode::ShareRowExclusive), (On::Referenced, LockMode::ShareRowExclusive)];
const NEW_COLUMN_REFERS: &[(On, LockMode)] =
    &[(On::Table, LockMode::AccessExclusive), (On::Referenced, LockMode::ShareRowExclusive)];
const BOTH_ACCESS_EXCLUSIVE: &[(On, LockMode)] =
    &[(On::Table, LockMode::AccessExclusive), (On::Referenced, LockMode::AccessExclusive)];
const ATTACH: &[(On, LockMode)] =
    &[(On::Table, LockMode::ShareUpdateExclusive), (On::Partition, LockMode::AccessExclusive)];

/// The table, in the order of [`Shape`]. Modes from the PostgreSQL manual and proven by running each row.
pub const ROWS: &[Row] = &[
    on_table(Shape::CreateIndex, "CREATE INDEX", SHARE, Work::IndexBuild),
    outside(on_table(Shape::CreateIndexConcurrently, "CREATE INDEX CONCURRENTLY", SHARE_UPDATE, Work::IndexBuild)),
    works_on(
        on_table(
            Shape::CreateIndexPartitioned,
            "CREATE INDEX … ON partitioned table",
            &[(On::Table, LockMode::Share), (On::Partition, LockMode::Share)],
            Work::IndexBuild,
        ),
        On::Partition,
    ),
    on_table(Shape::CreateIndexOnlyParent, "CREATE INDEX … ON ONLY partitioned table", SHARE, Work::Metadata),
    on_table(
        Shape::AttachIndex,
        "ALTER INDEX … ATTACH PARTITION",
        &[(On::Table, LockMode::AccessShare), (On::Partition, LockMode::AccessShare)],
        Work::Metadata,
    ),
    on_table(Shape::DropIndex, "DROP INDEX", ACCESS_EXCLUSIVE, Work::Metadata),
    outside(on_table(Shape::DropIndexConcurrently, "DROP INDEX CONCURRENTLY", SHARE_UPDATE, Work::Metadata)),
    on_table(Shape::Reindex, "REINDEX", SHARE, Work::IndexBuild),
    since(outside(on_table(Shape::ReindexConcurrently, "REINDEX … CONCURRENTLY", SHARE_UPDATE, Work::IndexBuild)), 12),
    since(on_table(Shape::RenameIndex, "ALTER INDEX … RENAME TO", &[], Work::Metadata), 12),
    since(
        on_table(
            Shape::AddColumn,
            "ADD COLUMN, without default or with a constant one",
            ACCESS_EXCLUSIVE,
            Work::Metadata,
        ),
        11,
    ),
    on_table(Shape::AddColumnVolatileDefault, "ADD COLUMN … DEFAULT volatile()", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(Shape::AddColumnStored, "ADD COLUMN … GENERATED … STORED", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(Shape::AddColumnIdentity, "ADD COLUMN … SERIAL or IDENTITY", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(Shape::AddColumnUnique, "ADD COLUMN … UNIQUE", ACCESS_EXCLUSIVE, Work::IndexBuild),
    on_table(Shape::AddColumnCheck, "ADD COLUMN … CHECK (…)", ACCESS_EXCLUSIVE, Work::Scan),
    on_table(Shape::AddColumnReferences, "ADD COLUMN … REFERENCES", NEW_COLUMN_REFERS, Work::Metadata),
    on_table(Shape::AddColumnReferencesDefault, "ADD COLUMN … DEFAULT … REFERENCES", NEW_COLUMN_REFERS, Work::Scan),
    on_table(Shape::AddColumnDomain, "ADD COLUMN … of a domain with CHECK", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(Shape::DropColumn, "DROP COLUMN", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::RenameColumn, "RENAME COLUMN", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::SetNotNull, "ALTER COLUMN … SET NOT NULL", ACCESS_EXCLUSIVE, Work::Scan),
    since(
        on_table(
            Shape::SetNotNullProven,
            "ALTER COLUMN … SET NOT NULL, with a valid CHECK (… IS NOT NULL)",
            ACCESS_EXCLUSIVE,
            Work::Metadata,
        ),
        12,
    ),
    on_table(Shape::DropNotNull, "ALTER COLUMN … DROP NOT NULL", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::SetDefault, "ALTER COLUMN … SET DEFAULT, DROP DEFAULT", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::ChangeType, "ALTER COLUMN … TYPE", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(
        Shape::ChangeTypeInPlace,
        "ALTER COLUMN … TYPE, same bytes (longer varchar, text)",
        ACCESS_EXCLUSIVE,
        Work::Metadata,
    ),
    on_table(
        Shape::ChangeTypeRecheck,
        "ALTER COLUMN … TYPE, same bytes, column in a CHECK",
        ACCESS_EXCLUSIVE,
        Work::Scan,
    ),
    on_table(
        Shape::ChangeTypeIndexed,
        "ALTER COLUMN … TYPE, same bytes, column in an index's expression or WHERE",
        ACCESS_EXCLUSIVE,
        Work::IndexBuild,
    ),
    on_table(Shape::SetStatistics, "ALTER COLUMN … SET STATISTICS", SHARE_UPDATE, Work::Metadata),
    on_table(Shape::AddForeignKey, "ADD FOREIGN KEY", BOTH_SHARE_ROW, Work::Scan),
    on_table(Shape::AddForeignKeyNotValid, "ADD FOREIGN KEY … NOT VALID", BOTH_SHARE_ROW, Work::Metadata),
    on_table(
        Shape::ValidateForeignKey,
        "VALIDATE CONSTRAINT of a foreign key",
        &[(On::Table, LockMode::ShareUpdateExclusive), (On::Referenced, LockMode::RowShare)],
        Work::Scan,
    ),
    on_table(Shape::AddCheck, "ADD CHECK", ACCESS_EXCLUSIVE, Work::Scan),
    on_table(Shape::AddCheckNotValid, "ADD CHECK … NOT VALID", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::ValidateCheck, "VALIDATE CONSTRAINT of a check", SHARE_UPDATE, Work::Scan),
    on_table(Shape::AddUnique, "ADD UNIQUE", ACCESS_EXCLUSIVE, Work::IndexBuild),
    on_table(Shape::AddUniqueUsingIndex, "ADD UNIQUE USING INDEX", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::AddPrimaryKey, "ADD PRIMARY KEY", ACCESS_EXCLUSIVE, Work::IndexBuild),
    on_table(Shape::AddPrimaryKeyUsingIndex, "ADD PRIMARY KEY USING INDEX", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(
        Shape::AddPrimaryKeyUsingNullableIndex,
        "ADD PRIMARY KEY USING INDEX, over a nullable column",
        ACCESS_EXCLUSIVE,
        Work::Scan,
    ),
    on_table(Shape::AddExclude, "ADD EXCLUDE", ACCESS_EXCLUSIVE, Work::IndexBuild),
    on_table(Shape::DropConstraint, "DROP CONSTRAINT", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::DropForeignKey, "DROP CONSTRAINT of a foreign key", BOTH_ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::RenameConstraint, "RENAME CONSTRAINT", ACCESS_EXCLUSIVE, Work::Metadata),
    works_on(
        on_table(
            Shape::CreateTableReferences,
            "CREATE TABLE … REFERENCES",
            &[(On::Referenced, LockMode::ShareRowExclusive)],
            Work::Metadata,
        ),
        On::Referenced,
    ),
    on_table(Shape::DropTable, "DROP TABLE", BOTH_ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::RenameTable, "RENAME TO", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::SetSchema, "SET SCHEMA", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::Truncate, "TRUNCATE", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::SetLogged, "SET LOGGED, SET UNLOGGED", ACCESS_EXCLUSIVE, Work::Rewrite),
    on_table(Shape::SetTablespace, "SET TABLESPACE", ACCESS_EXCLUSIVE, Work::Rewrite),
    since(on_table(Shape::SetAccessMethod, "SET ACCESS METHOD", ACCESS_EXCLUSIVE, Work::Rewrite), 15),
    on_table(Shape::Cluster, "CLUSTER", ACCESS_EXCLUSIVE, Work::Rewrite),
    outside(on_table(Shape::VacuumFull, "VACUUM FULL", ACCESS_EXCLUSIVE, Work::Rewrite)),
    outside(on_table(Shape::Vacuum, "VACUUM", SHARE_UPDATE, Work::Scan)),
    on_table(Shape::Analyze, "ANALYZE", SHARE_UPDATE, Work::Scan),
    on_table(Shape::SetParameters, "SET (storage parameters)", SHARE_UPDATE, Work::Metadata),
    on_table(Shape::ReplicaIdentity, "REPLICA IDENTITY", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::RowSecurity, "ENABLE ROW LEVEL SECURITY, CREATE POLICY", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::Comment, "COMMENT ON TABLE", SHARE_UPDATE, Work::Metadata),
    on_table(Shape::LockTable, "LOCK TABLE", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(
        Shape::RefreshView,
        "REFRESH MATERIALIZED VIEW",
        &[(On::Table, LockMode::AccessExclusive), (On::Sources, LockMode::AccessShare)],
        Work::Rewrite,
    ),
    on_table(
        Shape::RefreshViewConcurrently,
        "REFRESH MATERIALIZED VIEW CONCURRENTLY",
        &[(On::Table, LockMode::Exclusive), (On::Sources, LockMode::AccessShare)],
        Work::Scan,
    ),
    works_on(
        on_table(
            Shape::CreateMaterializedView,
            "CREATE MATERIALIZED VIEW, CREATE TABLE … AS",
            &[(On::Sources, LockMode::AccessShare)],
            Work::Scan,
        ),
        On::Sources,
    ),
    since(works_on(on_table(Shape::AttachPartition, "ATTACH PARTITION", ATTACH, Work::Scan), On::Partition), 12),
    since(
        works_on(
            on_table(
                Shape::AttachPartitionProven,
                "ATTACH PARTITION, with a valid CHECK of its bounds",
                ATTACH,
                Work::Metadata,
            ),
            On::Partition,
        ),
        12,
    ),
    since(
        works_on(
            on_table(
                Shape::AttachPartitionDefault,
                "ATTACH PARTITION, beside a default partition",
                &[
                    (On::Table, LockMode::ShareUpdateExclusive),
                    (On::Partition, LockMode::AccessExclusive),
                    (On::DefaultPartition, LockMode::AccessExclusive),
                ],
                Work::Scan,
            ),
            On::DefaultPartition,
        ),
        12,
    ),
    on_table(
        Shape::DetachPartition,
        "DETACH PARTITION",
        &[(On::Table, LockMode::AccessExclusive), (On::Partition, LockMode::AccessExclusive)],
        Work::Metadata,
    ),
    since(
        outside(on_table(
            Shape::DetachPartitionConcurrently,
            "DETACH PARTITION … CONCURRENTLY",
            SHARE_UPDATE,
            Work::Metadata,
        )),
        14,
    ),
    on_table(Shape::CreateTrigger, "CREATE TRIGGER", SHARE_ROW, Work::Metadata),
    on_table(Shape::DropTrigger, "DROP TRIGGER", ACCESS_EXCLUSIVE, Work::Metadata),
    on_table(Shape::ToggleTrigger, "ENABLE TRIGGER, DISABLE TRIGGER", SHARE_ROW, Work::Metadata),
    on_table(Shape::AddEnumValue, "ALTER TYPE … ADD VALUE", &[], Work::Metadata),
    on_table(Shape::RenameEnumValue, "ALTER TYPE … RENAME VALUE", &[], Work::Metadata),
    works_on(
        on_table(
            Shape::DomainCheck,
            "ALTER DOMAIN … ADD CHECK, VALIDATE CONSTRAINT",
            &[(On::Users, LockMode::Share)],
            Work::Scan,
        ),
        On::Users,
    ),
    on_table(Shape::DomainCheckNotValid, "ALTER DOMAIN … ADD CHECK … NOT VALID", &[], Work::Metadata),
    works_on(
        on_table(Shape::DomainNotNull, "ALTER DOMAIN … SET NOT NULL", &[(On::Users, LockMode::Share)], Work::Scan),
        On::Users,
    ),
    on_table(Shape::Write, "INSERT, UPDATE, DELETE", &[(On::Table, LockMode::RowExclusive)], Work::Metadata),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_shapes() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.shape as usize, place, "{} stands at the wrong place", row.sql);
        }
        assert_eq!(ROWS.last().map(|row| row.shape), Some(Shape::Write), "a shape has no row");
    }

    #[test]
    fn modes_are_read_in_both_spellings() {
        for mode in LOCK_MODES {
            assert_eq!(LockMode::parse(mode.as_str()), Some(mode));
            let catalogue: String =
                mode.as_str().split(' ').map(|w| format!("{}{}", &w[..1], w[1..].to_ascii_lowercase())).collect();
            assert_eq!(LockMode::parse(&format!("{catalogue}Lock")), Some(mode));
        }
        assert_eq!(LockMode::parse("SIReadLock"), None);
    }
}
