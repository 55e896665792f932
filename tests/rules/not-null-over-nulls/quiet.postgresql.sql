-- migration: 20260101120000_init
CREATE TABLE "people" (
    "id" BIGINT PRIMARY KEY,
    "checked" TIMESTAMP(3)
);
-- pending: 20260301120000_yes_or_no
-- A test for NULL is true or false.
ALTER TABLE "people" ALTER COLUMN "checked" TYPE BOOLEAN USING ("checked" IS NOT NULL);
ALTER TABLE "people" ALTER COLUMN "checked" SET NOT NULL;
