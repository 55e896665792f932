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

CREATE UNIQUE INDEX "customers_email_key" ON "customers"("email");

ALTER TABLE "orders" ADD CONSTRAINT "orders_note_fkey" FOREIGN KEY ("note") REFERENCES "customers"("email");
-- pending: 20260201120000_next
DROP INDEX "orders_pkey";
DROP INDEX "customers_email_key";
