-- pending: 20260301120000_change
SET @sql = CONCAT('DROP TABLE ', 'users');
PREPARE stmt FROM @sql;
EXECUTE stmt;
FROBNICATE THE users;
