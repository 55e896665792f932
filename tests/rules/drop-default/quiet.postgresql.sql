-- migration: 20260101120000_init
CREATE TABLE "watches" ("id" BIGINT PRIMARY KEY, "level" TEXT NOT NULL DEFAULT 'low');
-- pending: 20260301120000_change
-- A change of the type needs the default out of the way for a moment.
ALTER TABLE "watches" ALTER COLUMN "level" DROP DEFAULT, ALTER COLUMN "level" TYPE VARCHAR(9), ALTER COLUMN "level" SET DEFAULT 'low';
