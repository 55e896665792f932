-- migration: 20260101120000_init
CREATE TABLE "bookings" (
    "id" BIGINT NOT NULL,
    "room" INTEGER NOT NULL,
    "during" tstzrange NOT NULL,

    CONSTRAINT "bookings_pkey" PRIMARY KEY ("id")
);
-- pending: 20260201120000_next
CREATE TABLE "bookings_new" (
    "id" BIGINT NOT NULL,
    "room" INTEGER NOT NULL,
    "during" tstzrange NOT NULL,

    CONSTRAINT "bookings_new_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "bookings_new_no_overlap" EXCLUDE USING gist ("room" WITH =, "during" WITH &&)
);
