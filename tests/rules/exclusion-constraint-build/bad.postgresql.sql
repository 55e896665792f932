-- migration: 20260101120000_init
CREATE TABLE "bookings" (
    "id" BIGINT NOT NULL,
    "room" INTEGER NOT NULL,
    "during" tstzrange NOT NULL,

    CONSTRAINT "bookings_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_next
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_no_overlap" EXCLUDE USING gist ("room" WITH =, "during" WITH &&);
