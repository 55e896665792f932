-- migration: 20260101120000_init
CREATE TABLE "visits" (
    "id" BIGINT PRIMARY KEY,
    "site" TEXT,
    "seen_at" TIMESTAMP(3) NOT NULL
);
CREATE INDEX "visits_site_seen_at_idx" ON "visits" ("site", "seen_at");
-- pending: 20260301120000_one_site
-- Look-ups by "seen_at" alone could not use the index before either.
ALTER TABLE "visits" DROP COLUMN "site";
