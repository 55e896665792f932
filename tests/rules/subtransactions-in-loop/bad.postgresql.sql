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
DO $$
DECLARE r RECORD;
BEGIN
  FOR r IN SELECT "id" FROM "customers" LOOP
    BEGIN
      INSERT INTO "orders" ("customer_id", "total", "tax") VALUES (r."id", 0, 0);
    EXCEPTION WHEN unique_violation THEN
      NULL;
    END;
  END LOOP;
END $$;
