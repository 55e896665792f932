-- migration: 20260101120000_init
CREATE TABLE [dbo].[orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260201120000_next
ALTER TABLE [dbo].[orders] ADD [a] NVARCHAR(100), [b] NVARCHAR(100), [c] NVARCHAR(100);
