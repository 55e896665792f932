-- migration: 20260101120000_init
CREATE TABLE [dbo].[customers] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [email] NVARCHAR(200) NOT NULL,
    CONSTRAINT [customers_pkey] PRIMARY KEY CLUSTERED ([id])
);

CREATE TABLE [dbo].[orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [customer_id] BIGINT,
    [total] INT NOT NULL,
    [note] VARCHAR(40),
    [state] INT NOT NULL CONSTRAINT [orders_state_df] DEFAULT 0,
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260201120000_next
CREATE TABLE [events] (
    [code] INTEGER NOT NULL,
    [amount] INTEGER NOT NULL,
    CONSTRAINT [events_pkey] PRIMARY KEY ([code])
);
