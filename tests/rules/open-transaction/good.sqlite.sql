-- migration: 20260101120000_init
CREATE TABLE "orders" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "total" INTEGER NOT NULL
);
-- pending: 20260201120000_next
BEGIN;
UPDATE "orders" SET "total" = 1 WHERE "id" = 7;
COMMIT;
