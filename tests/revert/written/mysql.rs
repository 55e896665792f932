//! What Prisma prints for MySQL and MariaDB.

use super::{Recorded, Renamed};

pub const RECORDED: &[Recorded] = &[
    Recorded {
        operation: "drop column",
        what: "optional",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `nickname` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- AlterTable\nALTER TABLE `T` DROP COLUMN `nickname`;\n",
        reverse: "-- AlterTable\nALTER TABLE `T` ADD COLUMN `nickname` VARCHAR(191) NULL;\n",
    },
    Recorded {
        operation: "drop column",
        what: "required, unique, of a foreign key",
        before: "CREATE TABLE `TParent` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE TABLE `T` (\n    `id` VARCHAR(191) NOT NULL,\n    `code` VARCHAR(191) NOT NULL,\n    `hits` INTEGER NOT NULL,\n    `kind` ENUM('A', 'B') NOT NULL,\n    `at` DATETIME(3) NOT NULL,\n    `parentId` INTEGER NOT NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE UNIQUE INDEX `T_code_key` ON `T`(`code`);\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE `T` DROP FOREIGN KEY `T_parentId_fkey`;\n\n-- DropIndex\nDROP INDEX `T_code_key` ON `T`;\n\n-- DropIndex\nDROP INDEX `T_parentId_fkey` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP COLUMN `code`,\n    DROP COLUMN `hits`,\n    DROP COLUMN `kind`,\n    DROP COLUMN `at`,\n    DROP COLUMN `parentId`;\n",
        reverse: "-- AlterTable\nALTER TABLE `T` ADD COLUMN `code` VARCHAR(191) NOT NULL,\n    ADD COLUMN `hits` INTEGER NOT NULL,\n    ADD COLUMN `kind` ENUM('A', 'B') NOT NULL,\n    ADD COLUMN `at` DATETIME(3) NOT NULL,\n    ADD COLUMN `parentId` INTEGER NOT NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_code_key` ON `T`(`code`);\n\n-- AddForeignKey\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop table",
        what: "with an enum and a foreign key",
        before: "CREATE TABLE `TParent` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n    `kind` ENUM('A', 'B') NOT NULL,\n    `at` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),\n    `data` JSON NULL,\n    `parentId` INTEGER NULL,\n\n    UNIQUE INDEX `T_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE SET NULL ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE `T` DROP FOREIGN KEY `T_parentId_fkey`;\n\n-- DropTable\nDROP TABLE `T`;\n",
        reverse: "-- CreateTable\nCREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n    `kind` ENUM('A', 'B') NOT NULL,\n    `at` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),\n    `data` JSON NULL,\n    `parentId` INTEGER NULL,\n\n    UNIQUE INDEX `T_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\n-- AddForeignKey\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE SET NULL ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop table",
        what: "of a many-to-many relation",
        before: "CREATE TABLE `TA` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE TABLE `_T` (\n    `A` INTEGER NOT NULL,\n    `B` INTEGER NOT NULL,\n\n    UNIQUE INDEX `_T_AB_unique`(`A`, `B`),\n    INDEX `_T_B_index`(`B`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nALTER TABLE `_T` ADD CONSTRAINT `_T_A_fkey` FOREIGN KEY (`A`) REFERENCES `TA`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE `_T` DROP FOREIGN KEY `_T_A_fkey`;\n\n-- DropTable\nDROP TABLE `_T`;\n",
        reverse: "-- CreateTable\nCREATE TABLE `_T` (\n    `A` INTEGER NOT NULL,\n    `B` INTEGER NOT NULL,\n\n    UNIQUE INDEX `_T_AB_unique`(`A`, `B`),\n    INDEX `_T_B_index`(`B`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\n-- AddForeignKey\nALTER TABLE `_T` ADD CONSTRAINT `_T_A_fkey` FOREIGN KEY (`A`) REFERENCES `TA`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "drop index",
        what: "",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `name` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE INDEX `T_name_idx` ON `T`(`name`);\n",
        forward: "-- DropIndex\nDROP INDEX `T_name_idx` ON `T`;\n",
        reverse: "-- CreateIndex\nCREATE INDEX `T_name_idx` ON `T`(`name`);\n",
    },
    Recorded {
        operation: "drop foreign key",
        what: "",
        before: "CREATE TABLE `TParent` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `parentId` INTEGER NOT NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;\n",
        forward: "-- DropForeignKey\nALTER TABLE `T` DROP FOREIGN KEY `T_parentId_fkey`;\n\n-- DropIndex\nDROP INDEX `T_parentId_fkey` ON `T`;\n",
        reverse: "-- AddForeignKey\nALTER TABLE `T` ADD CONSTRAINT `T_parentId_fkey` FOREIGN KEY (`parentId`) REFERENCES `TParent`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;\n",
    },
    Recorded {
        operation: "type change",
        what: "that loses digits",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `score` DOUBLE NULL,\n    `price` DECIMAL(10, 2) NOT NULL,\n    `at` DATETIME(3) NOT NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- AlterTable\nALTER TABLE `T` MODIFY `score` FLOAT NULL,\n    MODIFY `price` INTEGER NOT NULL,\n    MODIFY `at` DATE NOT NULL;\n",
        reverse: "-- AlterTable\nALTER TABLE `T` MODIFY `score` DOUBLE NULL,\n    MODIFY `price` DECIMAL(10, 2) NOT NULL,\n    MODIFY `at` DATETIME(3) NOT NULL;\n",
    },
    Recorded {
        operation: "type change",
        what: "between number and text",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `age` INTEGER NOT NULL DEFAULT 5,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE INDEX `T_age_idx` ON `T`(`age`);\n",
        forward: "-- AlterTable\nALTER TABLE `T` MODIFY `age` VARCHAR(191) NOT NULL DEFAULT '5';\n",
        reverse: "-- AlterTable\nALTER TABLE `T` MODIFY `age` INTEGER NOT NULL DEFAULT 5;\n",
    },
    Recorded {
        operation: "enum value removal",
        what: "",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `role` ENUM('USER', 'ADMIN', 'GUEST') NOT NULL DEFAULT 'USER',\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- AlterTable\nALTER TABLE `T` MODIFY `role` ENUM('USER', 'GUEST') NOT NULL DEFAULT 'USER';\n",
        reverse: "-- AlterTable\nALTER TABLE `T` MODIFY `role` ENUM('USER', 'ADMIN', 'GUEST') NOT NULL DEFAULT 'USER';\n",
    },
    Recorded {
        operation: "NOT NULL",
        what: "",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `name` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- AlterTable\nALTER TABLE `T` MODIFY `name` VARCHAR(191) NOT NULL;\n",
        reverse: "-- AlterTable\nALTER TABLE `T` MODIFY `name` VARCHAR(191) NULL;\n",
    },
    Recorded {
        operation: "unique",
        what: "",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `name` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- CreateIndex\nCREATE UNIQUE INDEX `T_name_key` ON `T`(`name`);\n",
        reverse: "-- DropIndex\nDROP INDEX `T_name_key` ON `T`;\n",
    },
    Recorded {
        operation: "primary key change",
        what: "to another column",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n\n    UNIQUE INDEX `T_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- DropIndex\nDROP INDEX `T_code_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP PRIMARY KEY,\n    MODIFY `id` INTEGER NOT NULL,\n    ADD PRIMARY KEY (`code`);\n",
        reverse: "-- AlterTable\nALTER TABLE `T` DROP PRIMARY KEY,\n    MODIFY `id` INTEGER NOT NULL AUTO_INCREMENT,\n    ADD PRIMARY KEY (`id`);\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_code_key` ON `T`(`code`);\n",
    },
    Recorded {
        operation: "primary key change",
        what: "where the old one is dropped",
        before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n\n    UNIQUE INDEX `T_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        forward: "-- DropIndex\nDROP INDEX `T_code_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP PRIMARY KEY,\n    DROP COLUMN `id`,\n    ADD PRIMARY KEY (`code`);\n",
        reverse: "-- AlterTable\nALTER TABLE `T` DROP PRIMARY KEY,\n    ADD COLUMN `id` INTEGER NOT NULL AUTO_INCREMENT,\n    ADD PRIMARY KEY (`id`);\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_code_key` ON `T`(`code`);\n",
    },
];

pub const RENAMED: &[Renamed] = &[
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column",
            before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `nickname` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE UNIQUE INDEX `T_nickname_key` ON `T`(`nickname`);\n",
            forward: "-- DropIndex\nDROP INDEX `T_nickname_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP COLUMN `nickname`,\n    ADD COLUMN `fullName` VARCHAR(191) NOT NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_fullName_key` ON `T`(`fullName`);\n",
            reverse: "-- DropIndex\nDROP INDEX `T_fullName_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP COLUMN `fullName`,\n    ADD COLUMN `nickname` VARCHAR(191) NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_nickname_key` ON `T`(`nickname`);\n",
        },
        from: "nickname",
        to: "fullName",
        expand: false,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a column, in steps",
            before: "CREATE TABLE `T` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `nickname` VARCHAR(191) NULL,\n\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\nCREATE UNIQUE INDEX `T_nickname_key` ON `T`(`nickname`);\n",
            forward: "-- DropIndex\nDROP INDEX `T_nickname_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP COLUMN `nickname`,\n    ADD COLUMN `fullName` VARCHAR(191) NOT NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_fullName_key` ON `T`(`fullName`);\n",
            reverse: "-- DropIndex\nDROP INDEX `T_fullName_key` ON `T`;\n\n-- AlterTable\nALTER TABLE `T` DROP COLUMN `fullName`,\n    ADD COLUMN `nickname` VARCHAR(191) NULL;\n\n-- CreateIndex\nCREATE UNIQUE INDEX `T_nickname_key` ON `T`(`nickname`);\n",
        },
        from: "nickname",
        to: "fullName",
        expand: true,
    },
    Renamed {
        recorded: Recorded {
            operation: "rename",
            what: "of a table",
            before: "CREATE TABLE `TOld` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n\n    UNIQUE INDEX `TOld_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
            forward: "-- DropTable\nDROP TABLE `TOld`;\n\n-- CreateTable\nCREATE TABLE `TNew` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n\n    UNIQUE INDEX `TNew_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
            reverse: "-- DropTable\nDROP TABLE `TNew`;\n\n-- CreateTable\nCREATE TABLE `TOld` (\n    `id` INTEGER NOT NULL AUTO_INCREMENT,\n    `code` VARCHAR(191) NOT NULL,\n\n    UNIQUE INDEX `TOld_code_key`(`code`),\n    PRIMARY KEY (`id`)\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n",
        },
        from: "TOld",
        to: "TNew",
        expand: false,
    },
];
