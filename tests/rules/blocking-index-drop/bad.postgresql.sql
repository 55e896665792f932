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

CREATE INDEX "orders_customer_id_idx" ON "orders"("customer_id");
-- pending: 20260201120000_next
-- DropIndex
DROP INDEX "orders_customer_id_idx";

-- AlterTable
ALTER TABLE "customers" ADD COLUMN     "phone" TEXT;
