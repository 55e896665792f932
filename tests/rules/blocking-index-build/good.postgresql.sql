-- migration: 20260101120000_init
CREATE TABLE "orders" (
    "id" SERIAL NOT NULL,
    "customer_id" INTEGER NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_index_orders
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "orders"("customer_id");
