-- facts: revert=missing
-- migration: 20260101120000_init
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL);
CREATE TABLE "names" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT);
-- pending: 20260301120000_fill
-- The key is copied as it is; that a sub-query reads it for another column changes nothing.
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "name" TEXT);
INSERT INTO "new_User" ("name", "email", "id") SELECT (SELECT n."name" FROM "names" AS n WHERE n."id" = "User"."id"), "email", "id" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
