-- migration: 20260101120000_init
CREATE TABLE `users` (
    `id` BIGINT NOT NULL AUTO_INCREMENT,
    `org_id` BIGINT NOT NULL,
    `email` VARCHAR(200) NOT NULL,
    `name` VARCHAR(191) NOT NULL,
    `nickname` VARCHAR(191) NULL,
    `plan` VARCHAR(191) NOT NULL DEFAULT 'free',
    `visits` INTEGER NOT NULL DEFAULT 0,
    `created_at` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE INDEX `users_email_key` (`email`),
    PRIMARY KEY (`id`)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE `roles` (`id` BIGINT PRIMARY KEY, `name` VARCHAR(191) NOT NULL);
-- pending: 20260301120000_change
ALTER TABLE `users` ADD COLUMN `full_name` VARCHAR(191), ALGORITHM=INSTANT;
INSERT INTO `roles` (`id`, `name`) VALUES (3, 'auditor');
