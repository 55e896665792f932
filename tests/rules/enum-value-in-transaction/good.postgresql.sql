-- facts: prisma=6.19
-- migration: 20260101120000_init
CREATE TYPE "Status" AS ENUM ('OPEN', 'DONE');

CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "status" "Status" NOT NULL DEFAULT 'OPEN',
    "label" TEXT,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
-- migration: 20260131120000_value
ALTER TYPE "Status" ADD VALUE 'ARCHIVED';
-- pending: 20260201120000_next
ALTER TABLE "orders" ALTER COLUMN "status" SET DEFAULT 'ARCHIVED';
