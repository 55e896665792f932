//! A scene for each row of the lock table: tables with rows, and the statement.

use prisma_safe::sql::lock_facts::postgres::{On, Shape};

/// In every scene: `p` with a key, `t` beside it.
pub const COMMON: &str = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 100); \
    CREATE TABLE t (id int, a int, v varchar(10), p_id int); INSERT INTO t SELECT g, g, 'x', g FROM generate_series(1, 100) g";

/// How one row is shown to be true.
pub struct Scene {
    /// Beside [`COMMON`].
    pub setup: &'static str,
    pub statement: &'static str,
    /// Which table plays which part.
    pub tables: &'static [(On, &'static str)],
    /// What another session holds so that the statement has to wait, for those that refuse transactions.
    pub blocker: Option<&'static str>,
    /// The server does not count what it reads.
    pub unseen: bool,
    /// A new, empty file, without reading a row.
    pub empties: bool,
}

const T: &[(On, &str)] = &[(On::Table, "t")];
const T_AND_P: &[(On, &str)] = &[(On::Table, "t"), (On::Referenced, "p")];
const PARTITIONED: &str = "CREATE TABLE pp (id int NOT NULL, k int NOT NULL) PARTITION BY RANGE (k); \
    CREATE TABLE p1 PARTITION OF pp FOR VALUES FROM (0) TO (10); INSERT INTO pp VALUES (1, 1); \
    CREATE TABLE c (id int NOT NULL, k int NOT NULL); INSERT INTO c VALUES (1, 15); ";
const ATTACH: &str = "ALTER TABLE pp ATTACH PARTITION c FOR VALUES FROM (10) TO (20)";
const INDEX: &str = "CREATE INDEX i ON t (a)";
const FOREIGN_KEY: &str = "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p";
const TRIGGER: &str = "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
    CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()";
const VIEW: &str = "CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE UNIQUE INDEX mi ON m (id)";
const DOMAIN: &str = "CREATE DOMAIN d int; ALTER TABLE t ADD COLUMN d d DEFAULT 3";
const WRITER: &str = "INSERT INTO t VALUES (101)";
const READER: &str = "SELECT count(*) FROM t";

const fn on(tables: &'static [(On, &'static str)], setup: &'static str, statement: &'static str) -> Scene {
    Scene { setup, statement, tables, blocker: None, unseen: false, empties: false }
}

const fn on_t(setup: &'static str, statement: &'static str) -> Scene {
    on(T, setup, statement)
}

const fn beside(scene: Scene, blocker: &'static str) -> Scene {
    Scene { blocker: Some(blocker), ..scene }
}

const fn unseen(scene: Scene) -> Scene {
    Scene { unseen: true, ..scene }
}

/// The scene of a row.
#[allow(clippy::too_many_lines, reason = "one line per row of the table")]
pub fn scene(shape: Shape) -> Scene {
    match shape {
        Shape::CreateIndex => on_t("", "CREATE INDEX i ON t (a)"),
        Shape::CreateIndexConcurrently => beside(on_t("", "CREATE INDEX CONCURRENTLY i ON t (a)"), WRITER),
        Shape::CreateIndexPartitioned => {
            on(&[(On::Table, "pp"), (On::Partition, "p1")], PARTITIONED, "CREATE INDEX i ON pp (id)")
        }
        Shape::CreateIndexOnlyParent => on(&[(On::Table, "pp")], PARTITIONED, "CREATE INDEX i ON ONLY pp (id)"),
        Shape::AttachIndex => on(
            &[(On::Table, "pp"), (On::Partition, "p1")],
            "CREATE TABLE pp (id int, k int) PARTITION BY RANGE (k); CREATE TABLE p1 PARTITION OF pp FOR VALUES FROM (0) TO (10); \
             CREATE INDEX i ON ONLY pp (id); CREATE INDEX i1 ON p1 (id)",
            "ALTER INDEX i ATTACH PARTITION i1",
        ),
        Shape::DropIndex => on_t(INDEX, "DROP INDEX i"),
        Shape::DropIndexConcurrently => beside(on_t(INDEX, "DROP INDEX CONCURRENTLY i"), READER),
        Shape::Reindex => on_t(INDEX, "REINDEX TABLE t"),
        Shape::ReindexConcurrently => beside(on_t(INDEX, "REINDEX TABLE CONCURRENTLY t"), WRITER),
        Shape::RenameIndex => on_t(INDEX, "ALTER INDEX i RENAME TO j"),
        Shape::AddColumn => on_t(
            "",
            "ALTER TABLE t ADD COLUMN c int; ALTER TABLE t ADD COLUMN d int NOT NULL DEFAULT 3; \
             ALTER TABLE t ADD COLUMN e timestamptz NOT NULL DEFAULT now()",
        ),
        Shape::AddColumnVolatileDefault => on_t("", "ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()"),
        Shape::AddColumnStored => on_t("", "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a + 1) STORED"),
        Shape::AddColumnIdentity => on_t("", "ALTER TABLE t ADD COLUMN c serial"),
        Shape::AddColumnUnique => on_t("", "ALTER TABLE t ADD COLUMN c int UNIQUE"),
        Shape::AddColumnCheck => on_t("", "ALTER TABLE t ADD COLUMN c int CHECK (c > 0)"),
        Shape::AddColumnReferences => on(T_AND_P, "", "ALTER TABLE t ADD COLUMN c int REFERENCES p"),
        Shape::AddColumnReferencesDefault => on(T_AND_P, "", "ALTER TABLE t ADD COLUMN c int DEFAULT 3 REFERENCES p"),
        Shape::AddColumnDomain => on_t("CREATE DOMAIN d int CHECK (VALUE > 0)", "ALTER TABLE t ADD COLUMN c d"),
        Shape::DropColumn => on_t("", "ALTER TABLE t DROP COLUMN a"),
        Shape::RenameColumn => on_t("", "ALTER TABLE t RENAME COLUMN a TO b"),
        Shape::SetNotNull => on_t(
            "ALTER TABLE t ADD CONSTRAINT k CHECK (a IS NOT NULL) NOT VALID",
            "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        ),
        Shape::SetNotNullProven => {
            on_t("ALTER TABLE t ADD CONSTRAINT k CHECK (a IS NOT NULL)", "ALTER TABLE t ALTER COLUMN a SET NOT NULL")
        }
        Shape::DropNotNull => {
            on_t("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "ALTER TABLE t ALTER COLUMN a DROP NOT NULL")
        }
        Shape::SetDefault => {
            on_t("", "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1; ALTER TABLE t ALTER COLUMN a DROP DEFAULT")
        }
        Shape::ChangeType => on_t("", "ALTER TABLE t ALTER COLUMN a TYPE bigint"),
        Shape::ChangeTypeInPlace => on_t("CREATE INDEX i ON t (v)", "ALTER TABLE t ALTER COLUMN v TYPE varchar(20)"),
        Shape::ChangeTypeRecheck => {
            on_t("ALTER TABLE t ADD CONSTRAINT k CHECK (v <> '')", "ALTER TABLE t ALTER COLUMN v TYPE text")
        }
        Shape::ChangeTypeIndexed => {
            on_t("CREATE INDEX i ON t (a) WHERE v = 'x'", "ALTER TABLE t ALTER COLUMN v TYPE varchar(20)")
        }
        Shape::SetStatistics => on_t("", "ALTER TABLE t ALTER COLUMN a SET STATISTICS 10"),
        Shape::AddForeignKey => on(T_AND_P, "", FOREIGN_KEY),
        Shape::AddForeignKeyNotValid => {
            on(T_AND_P, "", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p NOT VALID")
        }
        Shape::ValidateForeignKey => on(
            T_AND_P,
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p NOT VALID",
            "ALTER TABLE t VALIDATE CONSTRAINT f",
        ),
        Shape::AddCheck => on_t("", "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)"),
        Shape::AddCheckNotValid => on_t("", "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID"),
        Shape::ValidateCheck => {
            on_t("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID", "ALTER TABLE t VALIDATE CONSTRAINT k")
        }
        Shape::AddUnique => on_t("", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)"),
        Shape::AddUniqueUsingIndex => {
            on_t("CREATE UNIQUE INDEX u ON t (a)", "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX u")
        }
        Shape::AddPrimaryKey => on_t("", "ALTER TABLE t ADD PRIMARY KEY (id)"),
        Shape::AddPrimaryKeyUsingIndex => on_t(
            "ALTER TABLE t ALTER COLUMN id SET NOT NULL; CREATE UNIQUE INDEX u ON t (id)",
            "ALTER TABLE t ADD PRIMARY KEY USING INDEX u",
        ),
        Shape::AddPrimaryKeyUsingNullableIndex => {
            on_t("CREATE UNIQUE INDEX u ON t (id)", "ALTER TABLE t ADD PRIMARY KEY USING INDEX u")
        }
        Shape::AddExclude => on_t("", "ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING btree (a WITH =)"),
        Shape::DropConstraint => {
            on_t("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT k")
        }
        Shape::DropForeignKey => on(T_AND_P, FOREIGN_KEY, "ALTER TABLE t DROP CONSTRAINT f"),
        Shape::RenameConstraint => {
            on_t("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", "ALTER TABLE t RENAME CONSTRAINT k TO l")
        }
        Shape::CreateTableReferences => {
            on(&[(On::Referenced, "p")], "", "CREATE TABLE n (id int, p_id int REFERENCES p)")
        }
        Shape::DropTable => on(T_AND_P, FOREIGN_KEY, "DROP TABLE t"),
        Shape::RenameTable => on_t("", "ALTER TABLE t RENAME TO u"),
        Shape::SetSchema => on_t("CREATE SCHEMA other", "ALTER TABLE t SET SCHEMA other"),
        Shape::Truncate => Scene { empties: true, ..on_t("", "TRUNCATE t") },
        Shape::SetLogged => on_t("", "ALTER TABLE t SET UNLOGGED"),
        Shape::SetTablespace => on_t("", "ALTER TABLE t SET TABLESPACE locks_test"),
        Shape::SetAccessMethod => on_t(
            "DROP ACCESS METHOD IF EXISTS heap2; CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler",
            "ALTER TABLE t SET ACCESS METHOD heap2",
        ),
        Shape::Cluster => on_t(INDEX, "CLUSTER t USING i"),
        Shape::VacuumFull => beside(on_t("", "VACUUM FULL t"), READER),
        Shape::Vacuum => unseen(beside(on_t("", "VACUUM t"), "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")),
        Shape::Analyze => unseen(on_t("", "ANALYZE t")),
        Shape::SetParameters => on_t("", "ALTER TABLE t SET (fillfactor = 90)"),
        Shape::ReplicaIdentity => on_t("", "ALTER TABLE t REPLICA IDENTITY FULL"),
        Shape::RowSecurity => on_t("", "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY po ON t"),
        Shape::Comment => on_t("", "COMMENT ON TABLE t IS 'x'"),
        Shape::LockTable => on_t("", "LOCK TABLE t"),
        Shape::RefreshView => on(&[(On::Table, "m"), (On::Sources, "t")], VIEW, "REFRESH MATERIALIZED VIEW m"),
        Shape::RefreshViewConcurrently => {
            on(&[(On::Table, "m"), (On::Sources, "t")], VIEW, "REFRESH MATERIALIZED VIEW CONCURRENTLY m")
        }
        Shape::CreateMaterializedView => on(
            &[(On::Sources, "t")],
            "",
            "CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE TABLE n AS SELECT id FROM t",
        ),
        Shape::AttachPartition => on(&[(On::Table, "pp"), (On::Partition, "c")], PARTITIONED, ATTACH),
        Shape::AttachPartitionProven => on(
            &[(On::Table, "pp"), (On::Partition, "c")],
            "CREATE TABLE pp (id int NOT NULL, k int NOT NULL) PARTITION BY RANGE (k); CREATE TABLE c (id int NOT NULL, k int NOT NULL); \
             INSERT INTO c VALUES (1, 15); ALTER TABLE c ADD CHECK (k >= 10 AND k < 20)",
            ATTACH,
        ),
        Shape::AttachPartitionDefault => on(
            &[(On::Table, "pp"), (On::Partition, "c"), (On::DefaultPartition, "pd")],
            "CREATE TABLE pp (id int NOT NULL, k int NOT NULL) PARTITION BY RANGE (k); CREATE TABLE c (id int NOT NULL, k int NOT NULL); \
             CREATE TABLE pd PARTITION OF pp DEFAULT; INSERT INTO pd VALUES (1, 100)",
            ATTACH,
        ),
        Shape::DetachPartition => {
            on(&[(On::Table, "pp"), (On::Partition, "p1")], PARTITIONED, "ALTER TABLE pp DETACH PARTITION p1")
        }
        Shape::DetachPartitionConcurrently => beside(
            on(&[(On::Table, "pp")], PARTITIONED, "ALTER TABLE pp DETACH PARTITION p1 CONCURRENTLY"),
            "LOCK TABLE ONLY pp IN SHARE UPDATE EXCLUSIVE MODE",
        ),
        Shape::CreateTrigger => on_t(
            "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
        ),
        Shape::DropTrigger => on_t(TRIGGER, "DROP TRIGGER tr ON t"),
        Shape::ToggleTrigger => on_t(TRIGGER, "ALTER TABLE t DISABLE TRIGGER tr; ALTER TABLE t ENABLE TRIGGER tr"),
        Shape::AddEnumValue => {
            on_t("CREATE TYPE e AS ENUM ('a'); ALTER TABLE t ADD COLUMN e e", "ALTER TYPE e ADD VALUE 'b'")
        }
        Shape::RenameEnumValue => {
            on_t("CREATE TYPE e AS ENUM ('a'); ALTER TABLE t ADD COLUMN e e", "ALTER TYPE e RENAME VALUE 'a' TO 'b'")
        }
        Shape::DomainCheck => on(&[(On::Users, "t")], DOMAIN, "ALTER DOMAIN d ADD CONSTRAINT x CHECK (VALUE > 0)"),
        Shape::DomainCheckNotValid => {
            on(&[(On::Users, "t")], DOMAIN, "ALTER DOMAIN d ADD CONSTRAINT x CHECK (VALUE > 0) NOT VALID")
        }
        Shape::DomainNotNull => on(&[(On::Users, "t")], DOMAIN, "ALTER DOMAIN d SET NOT NULL"),
        Shape::Write => on_t("", WRITER),
    }
}

/// Pairs of types that are changed into each other on the server and by the rules.
pub const TYPE_CHANGES: &[(&str, &str)] = &[
    ("varchar(10)", "varchar(20)"),
    ("varchar(10)", "varchar(5)"),
    ("varchar(10)", "varchar"),
    ("varchar(10)", "text"),
    ("varchar(10)", "text USING x::text"),
    ("varchar", "text"),
    ("text", "varchar"),
    ("text", "varchar(20)"),
    ("text", "text USING x"),
    ("text", "text USING lower(x)"),
    ("char(4)", "char(8)"),
    ("char(4)", "text"),
    ("char(4)", "varchar(9)"),
    ("varchar(4)[]", "varchar(8)[]"),
    ("smallint", "integer"),
    ("integer", "bigint"),
    ("integer", "smallint"),
    ("integer", "integer"),
    ("integer", "numeric"),
    ("integer", "real"),
    ("integer", "text"),
    ("numeric(10,2)", "numeric(12,2)"),
    ("numeric(10,2)", "numeric(12,3)"),
    ("numeric(10,2)", "numeric(8,2)"),
    ("numeric(10,2)", "numeric"),
    ("numeric", "numeric(10,2)"),
    ("timestamp(3)", "timestamp(6)"),
    ("timestamp(3)", "timestamp"),
    ("timestamp", "timestamp(3)"),
    ("timestamptz(3)", "timestamptz"),
    ("timestamp", "timestamptz"),
    ("timestamp(3)", "timestamptz"),
    ("timestamp(3)", "timestamptz(6)"),
    ("timestamp(3)", "timestamptz(3)"),
    ("timestamptz", "timestamp"),
    ("timestamptz(3)", "timestamp(3)"),
    ("time(3)", "time(6)"),
    ("time", "timetz"),
    ("interval(3)", "interval(6)"),
    ("date", "timestamp"),
    ("bit varying(4)", "bit varying(8)"),
    ("bit(4)", "bit(8)"),
    ("cidr", "inet"),
    ("xml", "text"),
    ("json", "jsonb USING x::jsonb"),
    ("text", "jsonb USING x::jsonb"),
    ("uuid", "text"),
    ("bytea", "bytea"),
];
