-- migration: 20260101120000_init
CREATE TABLE `customers` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `email` VARCHAR(191) NOT NULL,

    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `orders` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `customer_id` BIGINT NULL,
    `total` INTEGER NOT NULL,
    `note` VARCHAR(40) NULL,
    `status` ENUM('NEW', 'PAID') NOT NULL DEFAULT 'NEW',
    `updated` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3) COMMENT 'last change',

    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
-- pending: 20260201120000_next
ALTER TABLE `orders` ADD COLUMN `a_name_that_is_far_too_long_a_name_that_is_far_too_long_a_name_that_is_far_too_long_a_name_that_is_far_too_long_a_name_that_is_far_too_long_` TEXT NULL;
