-- migration: 20260101120000_init
CREATE TYPE "Status" AS ENUM ('OPEN', 'DONE');

CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "status" "Status" NOT NULL DEFAULT 'OPEN',
    "label" TEXT,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_next
ALTER TYPE "Status" ADD VALUE 'FINISHED';
