-- migration: 20260101120000_init
CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "total" INTEGER NOT NULL,
    "note" VARCHAR(40),
    "memo" VARCHAR(40),
    "state" VARCHAR(10),
    "rate" DECIMAL(10,2),
    "paid_at" TIMESTAMP(3),
    "sent_at" TIMESTAMP,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "orders_memo_check" CHECK ("memo" <> '')
);

CREATE INDEX "orders_open_idx" ON "orders"("id") WHERE "state" = 'open';
-- pending: 20260201120000_next
ALTER TABLE "orders" ALTER COLUMN "total" TYPE BIGINT;
ALTER TABLE "orders" ALTER COLUMN "memo" TYPE TEXT;
ALTER TABLE "orders" ALTER COLUMN "state" TYPE VARCHAR(20);
ALTER TABLE "orders" ALTER COLUMN "paid_at" SET DATA TYPE TIMESTAMPTZ(3);
ALTER TABLE "orders" ALTER COLUMN "sent_at" SET DATA TYPE TIMESTAMPTZ;
ALTER TABLE "legacy" ALTER COLUMN "name" TYPE TEXT;
