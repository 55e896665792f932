-- Reverts: <timestamp>_<name>
--
-- What this undoes:  <one line: the column, table or type that comes back>
-- What comes back:   <all rows | the schema only: say which data is lost, and where it can be had>
-- Proven on:         <environment and date; `cargo prisma-safe verify` fills this in>
--
-- Copy to prisma/migrations/<timestamp>_<name>/revert_<name>.sql, beside migration.sql. Prisma ignores it there.
-- Rules of the policy: a forward fix comes first; this script is for when there is none. It must run as it is, on a database
-- that has the migration, and it must do no harm when it runs twice.

-- 1. Stop early when the database is not the one that is expected. Remove what does not fit your database.
--    PostgreSQL:
--      SET LOCAL lock_timeout = '2s';
--      SET LOCAL statement_timeout = '5min';
--    MySQL / MariaDB (no transaction around DDL: keep each step able to run again):
--      SET SESSION lock_wait_timeout = 2;

-- 2. Bring the old shape back.
--      ALTER TABLE "<table>" ADD COLUMN IF NOT EXISTS "<column>" <type>;
--      CREATE TABLE IF NOT EXISTS "<table>" ( ... );

-- 3. Bring the data back, from where the migration kept it or from the new shape. Without a source, say so above.
--      UPDATE "<table>" SET "<column>" = <expression> WHERE "<column>" IS NULL;

-- 4. Put the old guarantees back, only now that the data fits them.
--      ALTER TABLE "<table>" ALTER COLUMN "<column>" SET NOT NULL;
--      CREATE INDEX IF NOT EXISTS "<index>" ON "<table>" ("<column>");

-- 5. Take the new shape away, if nothing uses it any more.
--      ALTER TABLE "<table>" DROP COLUMN IF EXISTS "<new column>";
