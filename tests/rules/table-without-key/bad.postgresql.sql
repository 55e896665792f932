-- migration: 20260101120000_init
CREATE TABLE "customers" (
    "id" BIGSERIAL NOT NULL,
    "email" TEXT NOT NULL,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "orders" (
    "id" BIGSERIAL NOT NULL,
    "customer_id" BIGINT,
    "total" INTEGER NOT NULL,
    "note" VARCHAR(40),

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_next
CREATE TABLE "events" (
    "code" INTEGER NOT NULL,
    "amount" INTEGER NOT NULL
);
