//! What Prisma prints for PostgreSQL.

use super::{Recorded, Renamed};

pub const RECORDED: &[Recorded] = &[
    Recorded {
        operation: "drop column",
        what: "optional",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"nickname\" TEXT,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n",
        forward: "-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"nickname\";\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" ADD COLUMN     \"nickname\" TEXT;\n",
    },
    Recorded {
        operation: "drop column",
        what: "required, unique, of a foreign key",
        before: "CREATE TYPE \"TKind\" AS ENUM ('A', 'B');\nCREATE TABLE \"TParent\" (\n    \"id\" SERIAL NOT NULL,\n\n    CONSTRAINT \"TParent_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE TABLE \"T\" (\n    \"id\" TEXT NOT NULL,\n    \"code\" TEXT NOT NULL,\n    \"hits\" INTEGER NOT NULL,\n    \"kind\" \"TKind\" NOT NULL,\n    \"kinds\" \"TKind\"[],\n    \"parentId\" INTEGER NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE \"T\" DROP CONSTRAINT \"T_parentId_fkey\";\n\n-- DropIndex\nDROP INDEX \"T_code_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"code\",\nDROP COLUMN \"hits\",\nDROP COLUMN \"kind\",\nDROP COLUMN \"kinds\",\nDROP COLUMN \"parentId\";\n\n-- DropEnum\nDROP TYPE \"TKind\";\n",
        reverse: "-- CreateEnum\nCREATE TYPE \"TKind\" AS ENUM ('A', 'B');\n\n-- AlterTable\nALTER TABLE \"T\" ADD COLUMN     \"code\" TEXT NOT NULL,\nADD COLUMN     \"hits\" INTEGER NOT NULL,\nADD COLUMN     \"kind\" \"TKind\" NOT NULL,\nADD COLUMN     \"kinds\" \"TKind\"[],\nADD COLUMN     \"parentId\" INTEGER NOT NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n\n-- AddForeignKey\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop table",
        what: "with an enum and a foreign key",
        before: "CREATE TYPE \"TKind\" AS ENUM ('A', 'B');\nCREATE TABLE \"TParent\" (\n    \"id\" SERIAL NOT NULL,\n\n    CONSTRAINT \"TParent_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n    \"kind\" \"TKind\" NOT NULL,\n    \"at\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \"data\" JSONB,\n    \"parentId\" INTEGER,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE \"T\" DROP CONSTRAINT \"T_parentId_fkey\";\n\n-- DropTable\nDROP TABLE \"T\";\n\n-- DropEnum\nDROP TYPE \"TKind\";\n",
        reverse: "-- CreateEnum\nCREATE TYPE \"TKind\" AS ENUM ('A', 'B');\n\n-- CreateTable\nCREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n    \"kind\" \"TKind\" NOT NULL,\n    \"at\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \"data\" JSONB,\n    \"parentId\" INTEGER,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n\n-- AddForeignKey\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop table",
        what: "of a many-to-many relation",
        before: "CREATE TABLE \"TA\" (\n    \"id\" SERIAL NOT NULL,\n\n    CONSTRAINT \"TA_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE TABLE \"_T\" (\n    \"A\" INTEGER NOT NULL,\n    \"B\" INTEGER NOT NULL,\n\n    CONSTRAINT \"_T_AB_pkey\" PRIMARY KEY (\"A\",\"B\")\n);\nCREATE INDEX \"_T_B_index\" ON \"_T\"(\"B\");\nALTER TABLE \"_T\" ADD CONSTRAINT \"_T_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"TA\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE \"_T\" DROP CONSTRAINT \"_T_A_fkey\";\n\n-- DropTable\nDROP TABLE \"_T\";\n",
        reverse: "-- CreateTable\nCREATE TABLE \"_T\" (\n    \"A\" INTEGER NOT NULL,\n    \"B\" INTEGER NOT NULL,\n\n    CONSTRAINT \"_T_AB_pkey\" PRIMARY KEY (\"A\",\"B\")\n);\n\n-- CreateIndex\nCREATE INDEX \"_T_B_index\" ON \"_T\"(\"B\" ASC);\n\n-- AddForeignKey\nALTER TABLE \"_T\" ADD CONSTRAINT \"_T_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"TA\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop index",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n",
        forward: "-- DropIndex\nDROP INDEX \"T_name_idx\";\n",
        reverse: "-- CreateIndex\nCREATE INDEX \"T_name_idx\" ON \"T\"(\"name\");\n",
    },
    Recorded {
        operation: "drop foreign key",
        what: "",
        before: "CREATE TABLE \"TParent\" (\n    \"id\" SERIAL NOT NULL,\n\n    CONSTRAINT \"TParent_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE TABLE \"T\" (\n    \"id\" TEXT NOT NULL,\n    \"parentId\" INTEGER NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE \"T\" DROP CONSTRAINT \"T_parentId_fkey\";\n",
        reverse: "-- AddForeignKey\nALTER TABLE \"T\" ADD CONSTRAINT \"T_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"TParent\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "type change",
        what: "that loses digits",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"score\" DOUBLE PRECISION,\n    \"price\" DECIMAL(10,2) NOT NULL,\n    \"at\" TIMESTAMP(3) NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n",
        forward: "-- AlterTable\nALTER TABLE \"T\" ALTER COLUMN \"score\" SET DATA TYPE REAL,\nALTER COLUMN \"price\" SET DATA TYPE INTEGER,\nALTER COLUMN \"at\" SET DATA TYPE DATE;\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" ALTER COLUMN \"score\" SET DATA TYPE DOUBLE PRECISION,\nALTER COLUMN \"price\" SET DATA TYPE DECIMAL(10,2),\nALTER COLUMN \"at\" SET DATA TYPE TIMESTAMP(3);\n",
    },
    Recorded {
        operation: "type change",
        what: "between text and number",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT NOT NULL,\n    \"age\" INTEGER NOT NULL DEFAULT 5,\n    \"size\" INTEGER,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE INDEX \"T_age_idx\" ON \"T\"(\"age\");\n",
        forward: "-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"name\",\nADD COLUMN     \"name\" INTEGER NOT NULL DEFAULT 0,\nALTER COLUMN \"age\" SET DEFAULT '5',\nALTER COLUMN \"age\" SET DATA TYPE TEXT,\nALTER COLUMN \"size\" SET DATA TYPE TEXT;\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" ALTER COLUMN \"name\" DROP DEFAULT,\nALTER COLUMN \"name\" SET DATA TYPE TEXT,\nDROP COLUMN \"age\",\nADD COLUMN     \"age\" INTEGER NOT NULL DEFAULT 5,\nDROP COLUMN \"size\",\nADD COLUMN     \"size\" INTEGER;\n\n-- CreateIndex\nCREATE INDEX \"T_age_idx\" ON \"T\"(\"age\");\n",
    },
    Recorded {
        operation: "enum value removal",
        what: "",
        before: "CREATE TYPE \"TRole\" AS ENUM ('USER', 'ADMIN', 'GUEST');\nCREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"role\" \"TRole\" NOT NULL DEFAULT 'USER',\n    \"second\" \"TRole\",\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n",
        forward: "-- AlterEnum\nBEGIN;\nCREATE TYPE \"TRole_new\" AS ENUM ('USER', 'GUEST');\nALTER TABLE \"T\" ALTER COLUMN \"role\" DROP DEFAULT;\nALTER TABLE \"T\" ALTER COLUMN \"role\" TYPE \"TRole_new\" USING (\"role\"::text::\"TRole_new\");\nALTER TABLE \"T\" ALTER COLUMN \"second\" TYPE \"TRole_new\" USING (\"second\"::text::\"TRole_new\");\nALTER TYPE \"TRole\" RENAME TO \"TRole_old\";\nALTER TYPE \"TRole_new\" RENAME TO \"TRole\";\nDROP TYPE \"TRole_old\";\nALTER TABLE \"T\" ALTER COLUMN \"role\" SET DEFAULT 'USER';\nCOMMIT;\n",
        reverse: "-- AlterEnum\nALTER TYPE \"TRole\" ADD VALUE 'ADMIN';\n",
    },
    Recorded {
        operation: "NOT NULL",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n",
        forward: "-- AlterTable\nALTER TABLE \"T\" ALTER COLUMN \"name\" SET NOT NULL;\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" ALTER COLUMN \"name\" DROP NOT NULL;\n",
    },
    Recorded {
        operation: "unique",
        what: "",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\n",
        forward: "-- CreateIndex\nCREATE UNIQUE INDEX \"T_name_key\" ON \"T\"(\"name\");\n",
        reverse: "-- DropIndex\nDROP INDEX \"T_name_key\";\n",
    },
    Recorded {
        operation: "primary key change",
        what: "to another column",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- DropIndex\nDROP INDEX \"T_code_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nALTER COLUMN \"id\" DROP DEFAULT,\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"code\");\n",
        reverse: "-- AlterTable\nCREATE SEQUENCE t_id_seq;\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nALTER COLUMN \"id\" SET DEFAULT nextval('t_id_seq'),\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\");\nALTER SEQUENCE t_id_seq OWNED BY \"T\".\"id\";\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
    },
    Recorded {
        operation: "primary key change",
        what: "where the old one is dropped",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
        forward: "-- DropIndex\nDROP INDEX \"T_code_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nDROP COLUMN \"id\",\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"code\");\n",
        reverse: "-- AlterTable\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nADD COLUMN     \"id\" SERIAL NOT NULL,\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\");\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_code_key\" ON \"T\"(\"code\");\n",
    },
    Recorded {
        operation: "primary key change",
        what: "of its type, with rows that point at it",
        before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE TABLE \"TChild\" (\n    \"id\" TEXT NOT NULL,\n    \"parentId\" INTEGER NOT NULL,\n\n    CONSTRAINT \"TChild_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"TChild_parentId_key\" ON \"TChild\"(\"parentId\");\nALTER TABLE \"TChild\" ADD CONSTRAINT \"TChild_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"T\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE \"TChild\" DROP CONSTRAINT \"TChild_parentId_fkey\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nALTER COLUMN \"id\" DROP DEFAULT,\nALTER COLUMN \"id\" SET DATA TYPE TEXT,\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\");\n\n-- AlterTable\nALTER TABLE \"TChild\" ALTER COLUMN \"parentId\" SET DATA TYPE TEXT;\n\n-- AddForeignKey\nALTER TABLE \"TChild\" ADD CONSTRAINT \"TChild_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"T\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        reverse: "-- DropForeignKey\nALTER TABLE \"TChild\" DROP CONSTRAINT \"TChild_parentId_fkey\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP CONSTRAINT \"T_pkey\",\nDROP COLUMN \"id\",\nADD COLUMN     \"id\" SERIAL NOT NULL,\nADD CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\");\n\n-- AlterTable\nALTER TABLE \"TChild\" DROP COLUMN \"parentId\",\nADD COLUMN     \"parentId\" INTEGER NOT NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"TChild_parentId_key\" ON \"TChild\"(\"parentId\");\n\n-- AddForeignKey\nALTER TABLE \"TChild\" ADD CONSTRAINT \"TChild_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES \"T\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n",
    },
];

pub const RENAMED: &[Renamed] = &[
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column",
            before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"nickname\" TEXT,\n    \"age\" INTEGER,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
            forward: "-- DropIndex\nDROP INDEX \"T_nickname_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"nickname\",\nADD COLUMN     \"fullName\" TEXT NOT NULL,\nALTER COLUMN \"age\" SET DATA TYPE BIGINT;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_fullName_key\" ON \"T\"(\"fullName\");\n",
            reverse: "-- DropIndex\nDROP INDEX \"T_fullName_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"fullName\",\nADD COLUMN     \"nickname\" TEXT,\nALTER COLUMN \"age\" SET DATA TYPE INTEGER;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
        },
        from: "nickname",
        to: "fullName",
        expand: false,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column, in steps",
            before: "CREATE TABLE \"T\" (\n    \"id\" SERIAL NOT NULL,\n    \"nickname\" TEXT,\n    \"age\" INTEGER,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
            forward: "-- DropIndex\nDROP INDEX \"T_nickname_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"nickname\",\nADD COLUMN     \"fullName\" TEXT NOT NULL,\nALTER COLUMN \"age\" SET DATA TYPE BIGINT;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_fullName_key\" ON \"T\"(\"fullName\");\n",
            reverse: "-- DropIndex\nDROP INDEX \"T_fullName_key\";\n\n-- AlterTable\nALTER TABLE \"T\" DROP COLUMN \"fullName\",\nADD COLUMN     \"nickname\" TEXT,\nALTER COLUMN \"age\" SET DATA TYPE INTEGER;\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"T_nickname_key\" ON \"T\"(\"nickname\");\n",
        },
        from: "nickname",
        to: "fullName",
        expand: true,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a table",
            before: "CREATE TABLE \"TOld\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n\n    CONSTRAINT \"TOld_pkey\" PRIMARY KEY (\"id\")\n);\nCREATE UNIQUE INDEX \"TOld_code_key\" ON \"TOld\"(\"code\");\n",
            forward: "-- DropTable\nDROP TABLE \"TOld\";\n\n-- CreateTable\nCREATE TABLE \"TNew\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n\n    CONSTRAINT \"TNew_pkey\" PRIMARY KEY (\"id\")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"TNew_code_key\" ON \"TNew\"(\"code\");\n",
            reverse: "-- DropTable\nDROP TABLE \"TNew\";\n\n-- CreateTable\nCREATE TABLE \"TOld\" (\n    \"id\" SERIAL NOT NULL,\n    \"code\" TEXT NOT NULL,\n\n    CONSTRAINT \"TOld_pkey\" PRIMARY KEY (\"id\")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX \"TOld_code_key\" ON \"TOld\"(\"code\");\n",
        },
        from: "TOld",
        to: "TNew",
        expand: false,
    },
];
