-- migration: 20260101120000_init
CREATE TABLE "flows" (
    "id" BIGINT PRIMARY KEY,
    "steps" JSONB[],
    "labels" TEXT[]
);
-- pending: 20260301120000_whole_json
-- A list becomes a JSON array: nothing is lost.
ALTER TABLE "flows" ALTER COLUMN "steps" TYPE JSONB USING to_json("steps");
ALTER TABLE "flows" ALTER COLUMN "labels" TYPE JSONB USING array_to_json("labels");
