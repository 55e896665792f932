//! What Prisma prints for SQLite.

use super::{Recorded, Renamed};

pub const RECORDED: &[Recorded] = &[
    Recorded {
        operation: "drop column",
        what: "optional",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"nickname\" TEXT\n);\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" ADD COLUMN \"nickname\" TEXT;\n",
    },
    Recorded {
        operation: "drop column",
        what: "required, unique, of a foreign key",
        before: "CREATE TABLE \"TParent\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n);\nCREATE TABLE \"T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"code\" TEXT NOT NULL,\n    \"hits\" INTEGER NOT NULL,\n    \"parentId\" INTEGER NOT NULL,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE RESTRICT ON UPDATE CASCADE\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"code\" TEXT NOT NULL,\n    \"hits\" INTEGER NOT NULL,\n    \"parentId\" INTEGER NOT NULL,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE RESTRICT ON UPDATE CASCADE\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "drop table",
        what: "with a unique index and a foreign key",
        before: "CREATE TABLE \"TParent\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n);\nCREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL,\n    \"at\" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \"data\" BLOB,\n    \"parentId\" INTEGER,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- DropIndex\nDROP INDEX \"T_code_key\";\n\n-- DropTable\nPRAGMA foreign_keys=off;\nDROP TABLE \"T\";\nPRAGMA foreign_keys=on;\n",
        reverse: "-- CreateTable\nCREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL,\n    \"at\" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \"data\" BLOB,\n    \"parentId\" INTEGER,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
    },
    Recorded {
        operation: "drop table",
        what: "of a many-to-many relation",
        before: "CREATE TABLE \"TA\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n);\nCREATE TABLE \"_T\" (\n    \"A\" INTEGER NOT NULL,\n    \"B\" INTEGER NOT NULL,\n    CONSTRAINT \"_T_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"TA\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE,\n    CONSTRAINT \"_T_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"TA\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE\n);\nCREATE UNIQUE INDEX \"_T_AB_unique\" ON \"_T\"(\"A\", \"B\");\n",
        forward: "-- DropIndex\nDROP INDEX \"_T_AB_unique\";\n\n-- DropTable\nPRAGMA foreign_keys=off;\nDROP TABLE \"_T\";\nPRAGMA foreign_keys=on;\n",
        reverse: "-- CreateTable\nCREATE TABLE \"_T\" (\n    \"A\" INTEGER NOT NULL,\n    \"B\" INTEGER NOT NULL,\n    CONSTRAINT \"_T_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"TA\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE,\n    CONSTRAINT \"_T_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"TA\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"_T_AB_unique\" ON \"_T\"(\"A\", \"B\");\n",
    },
    Recorded {
        operation: "drop index",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT\n);\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n",
        forward: "-- DropIndex\nDROP INDEX \"T_name_idx\";\n",
        reverse: "-- CreateIndex\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n",
    },
    Recorded {
        operation: "drop foreign key",
        what: "",
        before: "CREATE TABLE \"TParent\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n);\nCREATE TABLE \"T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"parentId\" INTEGER NOT NULL,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE RESTRICT ON UPDATE CASCADE\n);\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"parentId\" INTEGER NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\", \"parentId\") SELECT \"id\", \"parentId\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"parentId\" INTEGER NOT NULL,\n    CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\" (\"id\") ON DELETE RESTRICT ON UPDATE CASCADE\n);\nINSERT INTO \"new_T\" (\"id\", \"parentId\") SELECT \"id\", \"parentId\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "type change",
        what: "that loses digits",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"score\" REAL,\n    \"rate\" REAL NOT NULL\n);\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"score\" INTEGER,\n    \"rate\" INTEGER NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\", \"rate\", \"score\") SELECT \"id\", \"rate\", \"score\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"score\" REAL,\n    \"rate\" REAL NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\", \"rate\", \"score\") SELECT \"id\", \"rate\", \"score\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "type change",
        what: "between text and number",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT NOT NULL,\n    \"age\" INTEGER\n);\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" INTEGER NOT NULL,\n    \"age\" TEXT\n);\nINSERT INTO \"new_T\" (\"age\", \"id\", \"name\") SELECT \"age\", \"id\", \"name\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT NOT NULL,\n    \"age\" INTEGER\n);\nINSERT INTO \"new_T\" (\"age\", \"id\", \"name\") SELECT \"age\", \"id\", \"name\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "NOT NULL",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT\n);\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\", \"name\") SELECT \"id\", \"name\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT\n);\nINSERT INTO \"new_T\" (\"id\", \"name\") SELECT \"id\", \"name\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "unique",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"name\" TEXT\n);\n",
        forward: "-- CreateIndex\nCREATE UNIQUE INDEX \"T_name_key\" ON \"T\"(\"name\");\n",
        reverse: "-- DropIndex\nDROP INDEX \"T_name_key\";\n",
    },
    Recorded {
        operation: "primary key change",
        what: "to another column",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL,\n    \"code\" TEXT NOT NULL PRIMARY KEY\n);\nINSERT INTO \"new_T\" (\"code\", \"id\") SELECT \"code\", \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"code\", \"id\") SELECT \"code\", \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
    Recorded {
        operation: "primary key change",
        what: "where the old one is dropped",
        before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"code\" TEXT NOT NULL PRIMARY KEY\n);\nINSERT INTO \"new_T\" (\"code\") SELECT \"code\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"code\") SELECT \"code\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
    },
];

pub const RENAMED: &[Renamed] = &[
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column",
            before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"nickname\" TEXT NOT NULL\n);\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
            forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"fullName\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_fullName_key\" ON \"T\"(\"fullName\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
            reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"nickname\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        },
        from: "nickname",
        to: "fullName",
        expand: false,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column, in steps",
            before: "CREATE TABLE \"T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"nickname\" TEXT NOT NULL\n);\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
            forward: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"fullName\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
            reverse: "-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_T\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"nickname\" TEXT NOT NULL\n);\nINSERT INTO \"new_T\" (\"id\") SELECT \"id\" FROM \"T\";\nDROP TABLE \"T\";\nALTER TABLE \"new_T\" RENAME TO \"T\";\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        },
        from: "nickname",
        to: "fullName",
        expand: true,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a table",
            before: "CREATE TABLE \"TOld\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\nCREATE UNIQUE INDEX \"TOld_code_key\" ON \"TOld\"(\"code\");\n",
            forward: "-- DropIndex\nDROP INDEX \"TOld_code_key\";\n\n-- DropTable\nPRAGMA foreign_keys=off;\nDROP TABLE \"TOld\";\nPRAGMA foreign_keys=on;\n\n-- CreateTable\nCREATE TABLE \"TNew\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"TNew_code_key\" ON \"TNew\"(\"code\");\n",
            reverse: "-- DropIndex\nDROP INDEX \"TNew_code_key\";\n\n-- DropTable\nPRAGMA foreign_keys=off;\nDROP TABLE \"TNew\";\nPRAGMA foreign_keys=on;\n\n-- CreateTable\nCREATE TABLE \"TOld\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"code\" TEXT NOT NULL\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"TOld_code_key\" ON \"TOld\"(\"code\");\n",
        },
        from: "TOld",
        to: "TNew",
        expand: false,
    },
];
