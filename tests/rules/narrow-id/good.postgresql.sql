CREATE TABLE "events" (
    "id" BIGSERIAL NOT NULL,
    "what" TEXT NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "visits" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "position" SERIAL NOT NULL,
    "at" TIMESTAMPTZ NOT NULL
);

CREATE TABLE "countries" (
    "code" INTEGER NOT NULL,

    CONSTRAINT "countries_pkey" PRIMARY KEY ("code")
);
