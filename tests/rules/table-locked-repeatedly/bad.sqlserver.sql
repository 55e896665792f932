-- migration: 20260101120000_init
CREATE TABLE [dbo].[orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260131120000_a
ALTER TABLE [dbo].[orders] ADD [a] NVARCHAR(100);
-- pending: 20260131130000_b
ALTER TABLE [dbo].[orders] ADD [b] NVARCHAR(100);
-- pending: 20260201120000_next
ALTER TABLE [dbo].[orders] ADD [c] NVARCHAR(100);
