-- migration: 20260101120000_init
CREATE TABLE "events" (
    "id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id", "at")
) PARTITION BY RANGE ("at");

CREATE TABLE "events_2025" PARTITION OF "events" FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

CREATE TABLE "events_2026" (
    "id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "events_2026_pkey" PRIMARY KEY ("id", "at")
);
-- pending: 20260201120000_next
CREATE INDEX "events_at_idx" ON "events"("at");
CREATE INDEX CONCURRENTLY "events_id_idx" ON "events"("id");
