-- migration: 20260101120000_init
CREATE TABLE `customers` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,

    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE `orders` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `customer_id` BIGINT NOT NULL,
    `total` INTEGER NOT NULL,

    INDEX `orders_customer_id_idx`(`customer_id`),
    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

ALTER TABLE `orders` ADD CONSTRAINT `orders_customer_id_fkey` FOREIGN KEY (`customer_id`) REFERENCES `customers`(`id`);
-- pending: 20260131120000_index
CREATE INDEX `orders_customer_id_total_idx` ON `orders`(`customer_id`, `total`);
-- pending: 20260201120000_next
DROP INDEX `orders_customer_id_idx` ON `orders`;
