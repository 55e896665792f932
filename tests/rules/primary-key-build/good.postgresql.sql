-- migration: 20260101120000_init
CREATE TABLE "events" (
    "id" INTEGER,
    "kind" INTEGER NOT NULL
);

CREATE UNIQUE INDEX "events_id_idx" ON "events"("id");
-- pending: 20260131120000_index
CREATE UNIQUE INDEX CONCURRENTLY "events_pkey" ON "events"("kind");
-- pending: 20260201120000_next
ALTER TABLE "events" ADD CONSTRAINT "events_pkey" PRIMARY KEY USING INDEX "events_pkey";
