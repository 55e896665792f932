-- facts: lock-timeout=5s
-- migration: 20260101120000_init
CREATE TABLE "customers" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "customer_id" INTEGER,
    "total" INTEGER NOT NULL,
    "tax" INTEGER NOT NULL,
    "note" VARCHAR(40),

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_next
-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "paid_at" TIMESTAMP(3);

-- AlterTable
ALTER TABLE "customers" ADD COLUMN     "phone" TEXT;
