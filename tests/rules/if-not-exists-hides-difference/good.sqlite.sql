-- migration: 20260101120000_init
CREATE TABLE "customers" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL
);

CREATE TABLE "orders" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "customer_id" INTEGER,
    "total" INTEGER NOT NULL,
    "note" TEXT
);

CREATE TABLE "lines" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "order_id" INTEGER NOT NULL,
    CONSTRAINT "lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX "lines_order_id_idx" ON "lines"("order_id");
-- pending: 20260201120000_next
CREATE INDEX IF NOT EXISTS "lines_order_id_idx" ON "lines"("order_id");
