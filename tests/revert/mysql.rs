//! MariaDB or MySQL: a server that the product starts by itself, and that is gone afterwards.

use insta::assert_snapshot;

use crate::bed::{project, told, verify};
use crate::support::skip_or_fail;

const EARLIER: &str = "CREATE TABLE `User` (`id` INTEGER NOT NULL AUTO_INCREMENT, `email` VARCHAR(191) NOT NULL, `role` ENUM('USER', 'ADMIN') NOT NULL DEFAULT 'USER', \
      `tags` SET('a', 'b', 'c') NULL, `meta` JSON NULL, `amount` DECIMAL(10, 2) NOT NULL, `created` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), \
      `changed` TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), `key` BINARY(16) NULL, `bytes` LONGBLOB NULL, `code` VARCHAR(5) NULL, \
      `flag` BOOLEAN NOT NULL DEFAULT true, `bits` BIT(10) NOT NULL, `big` BIGINT UNSIGNED NOT NULL, `small` TINYINT NOT NULL, `ratio` FLOAT NULL, `exact` DOUBLE NULL, \
      `born` DATE NULL, `at` TIME(3) NULL, `since` YEAR NULL, `twice` INTEGER AS (`small` * 2) VIRTUAL, `note` LONGTEXT NULL, `next` INTEGER NULL, \
      CONSTRAINT `positive` CHECK (`amount` > -10), UNIQUE INDEX `User_email_key`(`email`), PRIMARY KEY (`id`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\
    CREATE TABLE `Post` (`id` VARCHAR(191) NOT NULL, `authorId` INTEGER NOT NULL, INDEX `Post_authorId_idx`(`authorId`), PRIMARY KEY (`id`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\
    CREATE TABLE `_Likes` (`A` VARCHAR(191) NOT NULL, `B` INTEGER NOT NULL, UNIQUE INDEX `_Likes_AB_unique`(`A`, `B`), INDEX `_Likes_B_index`(`B`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\
    CREATE TABLE `Odd` (`at` POLYGON NOT NULL);\n\
    CREATE VIEW `Names` AS SELECT `email` FROM `User`; CREATE VIEW `AName` AS SELECT * FROM `Names`;\n\
    ALTER TABLE `User` ADD CONSTRAINT `User_next_fkey` FOREIGN KEY (`next`) REFERENCES `User`(`id`) ON DELETE SET NULL ON UPDATE CASCADE;\n\
    ALTER TABLE `Post` ADD CONSTRAINT `Post_authorId_fkey` FOREIGN KEY (`authorId`) REFERENCES `User`(`id`) ON DELETE RESTRICT ON UPDATE CASCADE;\n\
    ALTER TABLE `_Likes` ADD CONSTRAINT `_Likes_A_fkey` FOREIGN KEY (`A`) REFERENCES `Post`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n\
    ALTER TABLE `_Likes` ADD CONSTRAINT `_Likes_B_fkey` FOREIGN KEY (`B`) REFERENCES `User`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n\
    CREATE TRIGGER `User_before` BEFORE INSERT ON `User` FOR EACH ROW SET NEW.`note` = coalesce(NEW.`note`, '-');\n\
    CREATE PROCEDURE `forget`(IN `who` INT) BEGIN DELETE FROM `Post` WHERE `authorId` = `who`; END;\n\
    INSERT INTO `Post` (`id`, `authorId`) SELECT 'x', `id` FROM `User`;\n";

/// Whether there is a server to start; says so loudly where not.
pub fn has_server() -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&folders)
        .chain([std::path::PathBuf::from("/usr/sbin")])
        .any(|folder| folder.join("mariadbd").is_file() || folder.join("mysqld").is_file());
    if !installed {
        skip_or_fail("no MariaDB or MySQL server programs");
    }
    installed
}

#[test]
fn fills_every_kind_of_table_and_says_what_it_could_not_fill() {
    if !has_server() {
        return;
    }
    let migration = "ALTER TABLE `User` DROP COLUMN `code`;\nDROP TABLE `_Likes`;\nDROP TABLE `Odd`;\n";
    let revert = "ALTER TABLE `User` ADD COLUMN `code` VARCHAR(5) NULL;\nCREATE TABLE `Odd` (`at` POLYGON NOT NULL);\n\
        CREATE TABLE `_Likes` (`A` VARCHAR(191) NOT NULL, `B` INTEGER NOT NULL, UNIQUE INDEX `_Likes_AB_unique`(`A`, `B`), INDEX `_Likes_B_index`(`B`)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n\
        ALTER TABLE `_Likes` ADD CONSTRAINT `_Likes_A_fkey` FOREIGN KEY (`A`) REFERENCES `Post`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n\
        ALTER TABLE `_Likes` ADD CONSTRAINT `_Likes_B_fkey` FOREIGN KEY (`B`) REFERENCES `User`(`id`) ON DELETE CASCADE ON UPDATE CASCADE;\n";
    let (found, code) = verify(&project("mysql", EARLIER, migration, Some(revert)), &[]);
    assert_snapshot!(format!("{}exit code {code}", told(&found[0])), @r"
    schema_only
    - lost User code: 85 of 85
    - lost _Likes A: 100 of 100
    - lost _Likes B: 100 of 100
    - not proven Odd: no values are known for the type `polygon` of `at`
    - note: the columns of `User` stand in another order: id, email, role, tags, meta, amount, created, changed, key, bytes, flag, bits, big, small, ratio, exact, born, at, since, twice, note, next, code
    exit code 0
    ");
}

/// Each needs the other; the number of the one is the server's, the text of the other is ours.
#[test]
fn a_circle_of_required_keys_is_filled() {
    if !has_server() {
        return;
    }
    let earlier = "CREATE TABLE `Team` (`id` INTEGER AUTO_INCREMENT PRIMARY KEY, `headId` VARCHAR(30) NOT NULL, `motto` VARCHAR(9));\n\
        CREATE TABLE `Person` (`id` VARCHAR(30) PRIMARY KEY, `teamId` INTEGER NOT NULL, CONSTRAINT `in` FOREIGN KEY (`teamId`) REFERENCES `Team`(`id`));\n\
        ALTER TABLE `Team` ADD CONSTRAINT `head` FOREIGN KEY (`headId`) REFERENCES `Person`(`id`);\n";
    let migration = "ALTER TABLE `Team` DROP COLUMN `motto`;\nALTER TABLE `Person` ADD COLUMN `b` INTEGER NULL;\n";
    let revert = "ALTER TABLE `Person` DROP COLUMN `b`;\nALTER TABLE `Team` ADD COLUMN `motto` VARCHAR(9);\nALTER TABLE `None` ADD COLUMN `c` INTEGER;\n";
    let project = project("mysql", earlier, migration, Some(revert));
    let (found, _) = verify(&project, &[]);
    // A revert that stops leaves what it has done, and that is said.
    assert_snapshot!(told(&found[0]), @r"
    cannot_run
    - the revert stops at its statement 3 (line 3): Table 'prisma_safe_verify_1.None' doesn't exist, with 200 rows in the tables; 2 statements before it stay done: it is half reverted
    ");
    let project = project.file(
        "prisma/migrations/20260102000000_last/revert_last.sql",
        &revert.replace("ALTER TABLE `None` ADD COLUMN `c` INTEGER;\n", ""),
    );
    let (found, _) = verify(&project, &[]);
    assert_snapshot!(told(&found[0]), @r"
    schema_only
    - lost Team motto: 86 of 86
    ");
}
