-- facts: prisma=6.19
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

CREATE TABLE "invoices" (
    "id" SERIAL NOT NULL,
    "order_id" INTEGER,

    CONSTRAINT "invoices_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "orders_customer_id_idx" ON "orders"("customer_id");
CREATE INDEX "invoices_order_id_idx" ON "invoices"("order_id");
-- pending: 20260201120000_next
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id") NOT VALID;
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") NOT VALID;
