-- migration: 20260101120000_init
CREATE TABLE "customers" (
    "id" BIGSERIAL NOT NULL,
    "region" INTEGER NOT NULL,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "customers_region_id_key" UNIQUE ("region", "id")
);

CREATE TABLE "orders" (
    "id" BIGSERIAL NOT NULL,
    "customer_id" BIGINT,
    "region" INTEGER,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "orders_customer_id_partial" ON "orders" ("customer_id") WHERE "region" = 1;
-- pending: 20260201120000_next
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id") NOT VALID;

CREATE TABLE "lines" (
    "id" BIGSERIAL NOT NULL,
    "order_id" BIGINT NOT NULL REFERENCES "orders"("id"),
    "customer_id" BIGINT NOT NULL,
    "region" INTEGER NOT NULL,

    CONSTRAINT "lines_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "lines_customer_fkey" FOREIGN KEY ("region", "customer_id") REFERENCES "customers"("region", "id")
);

CREATE INDEX "lines_other" ON "lines" ("region", "order_id");
