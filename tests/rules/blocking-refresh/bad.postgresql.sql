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

CREATE MATERIALIZED VIEW "daily_totals" AS SELECT "customer_id", sum("total") AS "total" FROM "orders" GROUP BY "customer_id";

CREATE UNIQUE INDEX "daily_totals_customer_id_idx" ON "daily_totals"("customer_id");
-- pending: 20260201120000_next
REFRESH MATERIALIZED VIEW "daily_totals";
