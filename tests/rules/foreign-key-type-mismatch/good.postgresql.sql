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
CREATE TABLE "lines" (
    "id" BIGSERIAL NOT NULL,
    "order_id" BIGINT NOT NULL,

    CONSTRAINT "lines_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "lines" ADD CONSTRAINT "lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
