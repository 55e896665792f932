-- migration: 20260101120000_init
CREATE TABLE "lists" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    CONSTRAINT "lists_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "lists_id_project_key" ON "lists" ("id", "project");
CREATE TABLE "items" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "list" TEXT NOT NULL,
    CONSTRAINT "items_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "items" ADD CONSTRAINT "items_list_fkey" FOREIGN KEY ("list") REFERENCES "lists" ("id");
-- pending: 20260301120000_by_project
-- The wider key still finds every row that it points at.
ALTER TABLE "items" DROP CONSTRAINT "items_list_fkey";
ALTER TABLE "items" ADD CONSTRAINT "items_list_project_fkey" FOREIGN KEY ("list", "project") REFERENCES "lists" ("id", "project");
-- The same key under the names that the file gives.
ALTER TABLE "items" DROP CONSTRAINT "items_list_project_fkey";
ALTER TABLE "items" RENAME TO "entries";
ALTER TABLE "entries" RENAME COLUMN "list" TO "list_id";
ALTER TABLE "entries" ADD CONSTRAINT "entries_list_id_project_fkey" FOREIGN KEY ("list_id", "project") REFERENCES "lists" ("id", "project");
