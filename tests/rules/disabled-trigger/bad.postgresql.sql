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
ALTER TABLE "orders" DISABLE TRIGGER ALL;
ALTER TABLE "customers" DISABLE TRIGGER "customers_audit";
ALTER TABLE "customers" ADD COLUMN "phone" TEXT;
ALTER TABLE "customers" ENABLE TRIGGER "customers_audit";
