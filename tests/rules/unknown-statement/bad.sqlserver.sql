-- pending: 20260301120000_change
DECLARE @sql NVARCHAR(max);
SET @sql = N'DROP TABLE ' + N'users';
EXEC sp_executesql @sql;
