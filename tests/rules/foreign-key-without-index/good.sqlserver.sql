-- migration: 20260101120000_init
CREATE TABLE [dbo].[orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260201120000_next
CREATE TABLE [dbo].[lines] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [order_id] BIGINT NOT NULL,
    CONSTRAINT [lines_pkey] PRIMARY KEY CLUSTERED ([id]),
    CONSTRAINT [lines_order_id_fkey] FOREIGN KEY ([order_id]) REFERENCES [dbo].[orders]([id])
);

CREATE NONCLUSTERED INDEX [lines_order_id_idx] ON [dbo].[lines]([order_id]);
