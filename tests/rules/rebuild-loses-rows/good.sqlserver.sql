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
BEGIN TRY

BEGIN TRAN;

CREATE TABLE [dbo].[_prisma_new_orders] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [customer_id] BIGINT,
    [total] INT NOT NULL,
    [note] VARCHAR(40),
    [state] INT NOT NULL CONSTRAINT [orders_state_df] DEFAULT 0,
    CONSTRAINT [orders_pkey] PRIMARY KEY CLUSTERED ([id])
);
SET IDENTITY_INSERT [dbo].[_prisma_new_orders] ON;
IF EXISTS(SELECT * FROM [dbo].[orders])
    EXEC('INSERT INTO [dbo].[_prisma_new_orders] ([id],[customer_id],[total],[note],[state]) SELECT [id],[customer_id],[total],[note],[state] FROM [dbo].[orders] WITH (holdlock tablockx)');
SET IDENTITY_INSERT [dbo].[_prisma_new_orders] OFF;
DROP TABLE [dbo].[orders];
EXEC SP_RENAME N'dbo._prisma_new_orders', N'orders';

COMMIT TRAN;

END TRY
BEGIN CATCH

IF @@TRANCOUNT > 0
BEGIN
    ROLLBACK TRAN;
END;
THROW

END CATCH
