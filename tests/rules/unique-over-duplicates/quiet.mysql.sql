-- migration: 20260101120000_init
CREATE TABLE `marks` (
    `reader` INTEGER NOT NULL,
    `page` INTEGER NOT NULL,
    UNIQUE INDEX `marks_reader_key`(`reader`),
    PRIMARY KEY (`page`)
);
-- pending: 20260301120000_widen
DROP INDEX `marks_reader_key` ON `marks`;
CREATE UNIQUE INDEX `marks_reader_page_key` ON `marks`(`reader`, `page`);
