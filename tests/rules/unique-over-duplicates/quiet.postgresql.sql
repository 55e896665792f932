-- migration: 20260101120000_init
CREATE TABLE "keys" (
    "id" BIGINT NOT NULL,
    "label" TEXT NOT NULL,
    "owner" BIGINT NOT NULL,
    "team" BIGINT NOT NULL,
    CONSTRAINT "keys_pkey" PRIMARY KEY ("owner", "team")
);
CREATE UNIQUE INDEX "keys_label_key" ON "keys" ("label");
-- pending: 20260301120000_widen
-- Rows that were unique by fewer columns, or by the same one under its old name, cannot clash.
DROP INDEX "keys_label_key";
CREATE UNIQUE INDEX "keys_label_owner_key" ON "keys" ("label", "owner");
ALTER TABLE "keys" RENAME COLUMN "team" TO "group_id";
ALTER TABLE "keys" DROP CONSTRAINT "keys_pkey";
ALTER TABLE "keys" ADD CONSTRAINT "keys_pkey" PRIMARY KEY ("owner", "group_id");
-- Every row gets a number of its own.
ALTER TABLE "keys" DROP CONSTRAINT "keys_pkey", ADD COLUMN "number" UUID NOT NULL DEFAULT gen_random_uuid(), ADD CONSTRAINT "keys_pkey" PRIMARY KEY ("number");
-- With a row in the table the addition fails before the key could.
ALTER TABLE "keys" ADD COLUMN "token" TEXT NOT NULL;
CREATE UNIQUE INDEX "keys_token_key" ON "keys" ("token");
