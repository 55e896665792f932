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
-- migration: 20260102120000_bounds
ALTER TABLE "events_2026" ADD CONSTRAINT "events_2026_bounds" CHECK ("at" >= '2026-01-01' AND "at" < '2027-01-01') NOT VALID;
-- migration: 20260103120000_validate
ALTER TABLE "events_2026" VALIDATE CONSTRAINT "events_2026_bounds";
-- pending: 20260201120000_next
ALTER TABLE "events" ATTACH PARTITION "events_2026" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
