-- migration: 20260101120000_init
CREATE TABLE `orders` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `total` INTEGER NOT NULL,

    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
-- pending: 20260201120000_next
START TRANSACTION;
UPDATE `orders` SET `total` = 1 WHERE `id` = 7;
COMMIT;
