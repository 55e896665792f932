-- migration: 20260101120000_init
CREATE TABLE [dbo].[orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260201120000_next
DECLARE @sql NVARCHAR(MAX) = N'DROP TABLE ' + (SELECT TOP 1 name FROM old_names);
EXEC sp_executesql @sql;
