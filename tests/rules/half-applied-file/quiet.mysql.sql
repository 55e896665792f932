-- migration: 20260101120000_init
CREATE TABLE `keys` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `label` VARCHAR(100) NOT NULL,
    `name` VARCHAR(100) NOT NULL,

    UNIQUE INDEX `keys_label_key`(`label`),
    PRIMARY KEY (`id`)
);
-- pending: 20260201120000_next
ALTER TABLE `keys` RENAME COLUMN `name` TO `title`;
DROP INDEX `keys_label_key` ON `keys`;
CREATE UNIQUE INDEX `keys_label_unique` ON `keys`(`label`);
