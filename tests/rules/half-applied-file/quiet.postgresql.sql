-- facts: prisma=7.8
-- migration: 20260101120000_init
CREATE TABLE "keys" (
    "id" BIGSERIAL NOT NULL,
    "label" TEXT NOT NULL,
    "owner" BIGINT NOT NULL,

    CONSTRAINT "keys_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "keys_label_key" ON "keys" ("label");
CREATE TYPE "Channel" AS ENUM ('WEB');
-- pending: 20260201120000_next
-- A key that only gets another name or more columns cannot meet rows that clash.
ALTER TYPE "Channel" RENAME TO "Kind";
DROP INDEX "keys_label_key";
CREATE UNIQUE INDEX "keys_label_owner_key" ON "keys" ("label", "owner");
