//! What each shape of SQL is read as. One line of output per operation.

use std::fmt::Write as _;

use insta::assert_snapshot;
use prisma_safe::project::Provider;
use prisma_safe::sql::model::{Read, Script, Within};
use prisma_safe::sql::read;

const PG: Provider = Provider::Postgresql;
const MY: Provider = Provider::Mysql;
const LITE: Provider = Provider::Sqlite;
const MS: Provider = Provider::Sqlserver;

fn script(provider: Provider, text: &str) -> Script {
    read(provider, text.as_bytes()).expect("UTF-8")
}

/// `P`arsed, `K`eywords or `U`nknown, then each operation with the text that it stands for.
fn show(provider: Provider, text: &str) -> String {
    let script = script(provider, text);
    let mut out = String::new();
    for statement in &script.statements {
        let read = match statement.read {
            Read::Parsed => 'P',
            Read::Keywords => 'K',
            Read::Unknown(_) => 'U',
        };
        for operation in &statement.operations {
            let within = match operation.within {
                Within::File => "",
                Within::DoBlock => " in do",
                Within::Dynamic => " in literal",
                Within::ConditionalComment => " in /*!",
            };
            let maybe = if operation.conditional { " maybe" } else { "" };
            let text: String = script.slice(operation.span).split_whitespace().collect::<Vec<_>>().join(" ");
            let text: String = text.chars().take(60).collect();
            let _ = writeln!(out, "{read} {}{within}{maybe}: {text}", operation.action.label());
        }
    }
    out
}

#[test]
fn every_clause_of_an_alter_is_one_operation() {
    assert_snapshot!(show(PG, r#"ALTER TABLE "a" ADD COLUMN "x" INT, DROP COLUMN IF EXISTS "y" CASCADE, ALTER COLUMN z SET NOT NULL,
        ALTER COLUMN "t" SET DATA TYPE numeric(10, 2) USING (t::numeric), ADD CONSTRAINT c CHECK (z > 0) NOT VALID, VALIDATE CONSTRAINT c;"#), @r#"
    P add column: ADD COLUMN "x" INT
    P drop column: DROP COLUMN IF EXISTS "y" CASCADE
    P set not null: ALTER COLUMN z SET NOT NULL
    P alter column type: ALTER COLUMN "t" SET DATA TYPE numeric(10, 2) USING (t::nume
    P add constraint: ADD CONSTRAINT c CHECK (z > 0) NOT VALID
    P validate constraint: VALIDATE CONSTRAINT c
    "#);
    assert_snapshot!(show(MY, "ALTER TABLE `a` ADD COLUMN `x` INT NOT NULL AFTER `b`, MODIFY `y` VARCHAR(10) NULL, CHANGE z w INT, DROP PRIMARY KEY, ADD PRIMARY KEY (`x`), DROP FOREIGN KEY f, DROP INDEX i, RENAME INDEX j TO k, ADD UNIQUE INDEX u(`x`), ALGORITHM=INPLACE, LOCK=NONE;"), @r#"
    K add column: ADD COLUMN `x` INT NOT NULL AFTER `b`
    K modify column: MODIFY `y` VARCHAR(10) NULL
    K modify column: CHANGE z w INT
    K drop primary key: DROP PRIMARY KEY
    K add constraint: ADD PRIMARY KEY (`x`)
    K drop constraint: DROP FOREIGN KEY f
    K drop index: DROP INDEX i
    K rename index: RENAME INDEX j TO k
    K create index: ADD UNIQUE INDEX u(`x`)
    K table option: ALGORITHM=INPLACE
    K table option: LOCK=NONE
    "#);
    assert_snapshot!(show(MS, "ALTER TABLE [dbo].[a] ADD [x] INT NOT NULL CONSTRAINT [d] DEFAULT 0, [y] NVARCHAR(1000); ALTER TABLE a DROP COLUMN [x],[y]; ALTER TABLE a DROP CONSTRAINT p, COLUMN q; ALTER TABLE a ALTER COLUMN [z] NVARCHAR(max) NULL; ALTER TABLE a WITH NOCHECK ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b(id) ON DELETE SET NULL; ALTER TABLE a ADD CONSTRAINT e DEFAULT 1 FOR [z]; ALTER TABLE a WITH CHECK CHECK CONSTRAINT f"), @r#"
    K add column: [x] INT NOT NULL CONSTRAINT [d] DEFAULT 0
    K add column: [y] NVARCHAR(1000)
    K drop column: COLUMN [x]
    K drop column: [y]
    K drop constraint: CONSTRAINT p
    K drop column: COLUMN q
    K alter column type: ALTER COLUMN [z] NVARCHAR(max) NULL
    K add constraint: WITH NOCHECK ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b(i
    K add constraint: ADD CONSTRAINT e DEFAULT 1 FOR [z]
    K validate constraint: WITH CHECK CHECK CONSTRAINT f
    "#);
}

#[test]
fn shapes_that_parsers_stumble_on() {
    assert_snapshot!(show(PG, "DROP INDEX CONCURRENTLY IF EXISTS i; REINDEX INDEX CONCURRENTLY i; CREATE OR REPLACE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f('x'); COMMENT ON FUNCTION f(int) IS 'x'; ALTER SEQUENCE s OWNED BY t.c; ALTER PUBLICATION p DROP TABLE t; CREATE MATERIALIZED VIEW v AS SELECT 1 WITH DATA; ALTER TABLE t SET TABLESPACE x; CLUSTER t USING i; ALTER TABLE t DETACH PARTITION p CONCURRENTLY; LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT; END;"), @r#"
    K drop index: DROP INDEX CONCURRENTLY IF EXISTS i
    K reindex: REINDEX INDEX CONCURRENTLY i
    K create trigger: CREATE OR REPLACE TRIGGER t AFTER INSERT ON a FOR EACH ROW E
    K comment: COMMENT ON FUNCTION f(int) IS 'x'
    K alter object: ALTER SEQUENCE s OWNED BY t.c
    K alter object: ALTER PUBLICATION p DROP TABLE t
    K create view: CREATE MATERIALIZED VIEW v AS SELECT 1 WITH DATA
    K table option: SET TABLESPACE x
    K cluster: CLUSTER t USING i
    P detach partition: DETACH PARTITION p CONCURRENTLY
    P lock table: LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT
    P commit: END
    "#);
    assert_snapshot!(show(MY, "CREATE FULLTEXT INDEX i ON t(a); RENAME TABLE a TO b; SET @x := (SELECT 1), SESSION lock_wait_timeout = 5; PREPARE s FROM @x; EXECUTE s; PREPARE q FROM 'DROP TABLE t'; EXECUTE q; /*!40101 SET NAMES utf8mb4 */; ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; ALTER TABLE t DROP PARTITION p0, p1;"), @r#"
    K create index: CREATE FULLTEXT INDEX i ON t(a)
    P rename table: a TO b
    K set: SET @x := (SELECT 1), SESSION lock_wait_timeout = 5
    K set: SET @x := (SELECT 1), SESSION lock_wait_timeout = 5
    K nothing: PREPARE s FROM @x
    P execute dynamic: EXECUTE s
    K drop table in literal: DROP TABLE t
    P nothing: EXECUTE q
    P set in /*! maybe: SET NAMES utf8mb4
    K table option: CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
    K drop partition: DROP PARTITION p0, p1
    "#);
    assert_snapshot!(show(LITE, r#"PRAGMA foreign_keys=OFF; PRAGMA foreign_key_check("T"); CREATE TABLE t (a, b INTEGER PRIMARY KEY AUTOINCREMENT, c TEXT NOT NULL ON CONFLICT FAIL) STRICT; INSERT OR REPLACE INTO t VALUES (1, 2, 'x'); VACUUM;"#), @r#"
    K pragma: PRAGMA foreign_keys=OFF
    P pragma: PRAGMA foreign_key_check("T")
    P create table: CREATE TABLE t (a, b INTEGER PRIMARY KEY AUTOINCREMENT, c TE
    P insert: INSERT OR REPLACE INTO t VALUES (1, 2, 'x')
    P vacuum: VACUUM
    "#);
    assert_snapshot!(show(MS, "CREATE UNIQUE NONCLUSTERED INDEX i ON t(a) INCLUDE (b) WHERE a IS NOT NULL WITH (ONLINE = ON); EXEC SP_RENAME N'dbo.t.a', N'b', N'COLUMN'; EXEC sp_rename '[dbo].[t]', 'u'; EXEC sp_rename N'dbo.PK_t', N't_pkey'; SET IDENTITY_INSERT [t] ON; SET LOCK_TIMEOUT 5000; EXEC('DROP TABLE [x]'); EXEC sp_executesql N'CREATE SCHEMA [s];'; EXEC(@sql); IF EXISTS (SELECT 1) EXEC('INSERT INTO a (b) SELECT ''x;'' FROM c') ELSE DROP TABLE d"), @r#"
    K create index: CREATE UNIQUE NONCLUSTERED INDEX i ON t(a) INCLUDE (b) WHERE
    P rename column: EXEC SP_RENAME N'dbo.t.a', N'b', N'COLUMN'
    P rename table: EXEC sp_rename '[dbo].[t]', 'u'
    P rename object: EXEC sp_rename N'dbo.PK_t', N't_pkey'
    P identity insert: SET IDENTITY_INSERT [t] ON
    P set: SET LOCK_TIMEOUT 5000
    P drop table in literal: DROP TABLE [x]
    P create object in literal: CREATE SCHEMA [s]
    P execute dynamic: EXEC(@sql)
    P insert in literal maybe: INSERT INTO a (b) SELECT ''x;'' FROM c
    P drop table maybe: DROP TABLE d
    "#);
}

#[test]
fn what_runs_inside_is_read_and_what_does_not_run_is_not() {
    assert_snapshot!(show(PG, "DO $$ DECLARE n int := 0; BEGIN IF NOT EXISTS (SELECT 1) THEN CREATE TYPE e AS ENUM ('a'); END IF; UPDATE t SET a = 1; EXECUTE 'DROP TABLE u'; EXECUTE format('DROP TABLE %I', x); FOR r IN SELECT 1 LOOP DELETE FROM t; END LOOP; n := n + 1; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"), @r#"
    K create enum in do maybe: CREATE TYPE e AS ENUM ('a')
    K update in do: UPDATE t SET a = 1
    K drop table in literal: DROP TABLE u
    K execute dynamic in do: EXECUTE format('DROP TABLE %I', x)
    K delete in do maybe: DELETE FROM t
    K select in do: n := n + 1
    K nothing in do maybe: NULL
    "#);
    assert_snapshot!(show(PG, "CREATE FUNCTION f() RETURNS void AS $x$ BEGIN DROP TABLE t; END $x$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = '';"), @r#"P create routine: CREATE FUNCTION f() RETURNS void AS $x$ BEGIN DROP TABLE t;"#);
    assert_snapshot!(show(PG, "WITH gone AS (DELETE FROM a RETURNING *), more AS (SELECT 1) INSERT INTO b SELECT * FROM gone; SELECT * INTO TEMP c FROM a; SELECT setval('s', 1);"), @r#"
    P delete: DELETE FROM a RETURNING *
    P insert: WITH gone AS (DELETE FROM a RETURNING *), more AS (SELECT 1)
    P create table: SELECT * INTO TEMP c FROM a
    P select: SELECT setval('s', 1)
    "#);
}

#[test]
fn several_statements_that_are_one_change() {
    let lite = r#"PRAGMA foreign_keys=OFF;
CREATE TABLE "new_T" ("id" TEXT NOT NULL PRIMARY KEY, "b" TEXT NOT NULL);
INSERT INTO "new_T" ("id", "b") SELECT "id", coalesce("b", 'x') FROM "T";
DROP TABLE "T";
ALTER TABLE "new_T" RENAME TO "T";
PRAGMA foreign_key_check;"#;
    assert_snapshot!(show(LITE, lite), @r#"
    K pragma: PRAGMA foreign_keys=OFF
    P rebuild table: CREATE TABLE "new_T" ("id" TEXT NOT NULL PRIMARY KEY, "b" TE
    P step: INSERT INTO "new_T" ("id", "b") SELECT "id", coalesce("b", '
    P step: DROP TABLE "T"
    P step: RENAME TO "T"
    P pragma: PRAGMA foreign_key_check
    "#);
    let script = script(LITE, lite);
    let prisma_safe::sql::model::Action::RebuildTable(rebuild) = &script.statements[1].operations[0].action else {
        panic!("a rebuild")
    };
    assert_eq!(rebuild.table.to_string(), "T");
    assert_eq!(rebuild.steps, [1, 2, 3, 4]);
    assert!(rebuild.foreign_keys_off.is_some() && rebuild.foreign_key_check.is_some() && !rebuild.copy_filters_rows);
    assert!(rebuild.copied[1].coalesced && rebuild.copied[1].from.is_none() && rebuild.copied[1].reads[0].value == "b");
    assert_snapshot!(show(PG, r#"BEGIN; CREATE TYPE "E_new" AS ENUM ('a'); ALTER TABLE "t" ALTER COLUMN "c" DROP DEFAULT; ALTER TABLE "t" ALTER COLUMN "c" TYPE "E_new" USING ("c"::text::"E_new"); ALTER TYPE "E" RENAME TO "E_old"; ALTER TYPE "E_new" RENAME TO "E"; DROP TYPE "public"."E_old"; ALTER TABLE "t" ALTER COLUMN "c" SET DEFAULT 'a'; COMMIT;"#), @r#"
    P begin: BEGIN
    P swap enum: CREATE TYPE "E_new" AS ENUM ('a')
    P step: ALTER COLUMN "c" DROP DEFAULT
    P step: ALTER COLUMN "c" TYPE "E_new" USING ("c"::text::"E_new")
    P step: ALTER TYPE "E" RENAME TO "E_old"
    P step: ALTER TYPE "E_new" RENAME TO "E"
    P step: DROP TYPE "public"."E_old"
    P step: ALTER COLUMN "c" SET DEFAULT 'a'
    P commit: COMMIT
    "#);
}

#[test]
fn what_is_not_understood_is_said_to_be() {
    assert_snapshot!(show(PG, "UPDATE t SET a = 1 \"b\" = 2; FROBNICATE x; DROP TABLE; SELECT 'open"), @r#"
    U unknown: UPDATE t SET a = 1 "b" = 2
    U unknown: FROBNICATE x
    U unknown: DROP TABLE
    U unknown: SELECT 'open
    "#);
}

#[test]
fn names_are_underlined_exactly() {
    let script = script(PG, "ALTER TABLE \"My\".Users DROP COLUMN \"na\"\"me\";");
    let prisma_safe::sql::model::Action::DropColumn { table, column, .. } = &script.statements[0].operations[0].action
    else {
        panic!("a drop")
    };
    assert_eq!((table.to_string().as_str(), column.value.as_str()), ("My.users", "na\"me"));
    assert_eq!((script.slice(table.span()), script.slice(column.span)), ("\"My\".Users", "\"na\"\"me\""));
    let nested = self::script(MS, "EXEC('DROP TABLE [a''b]')");
    let prisma_safe::sql::model::Action::DropTable { names, .. } = &nested.statements[0].operations[0].action else {
        panic!("a drop")
    };
    assert_eq!(nested.slice(names[0].span()), "[a''b]");
}
