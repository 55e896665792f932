-- migration: 20260101120000_init
CREATE TABLE [slides] (
    [id] INT NOT NULL CONSTRAINT [slides_id_df] DEFAULT 1,
    [title] NVARCHAR(200),
    CONSTRAINT [slides_pkey] PRIMARY KEY CLUSTERED ([id])
);
-- pending: 20260301120000_count
-- Inserts that do not name it get the next number.
BEGIN TRANSACTION;
CREATE TABLE [_prisma_new_slides] (
    [id] INT NOT NULL IDENTITY(1,1),
    [title] NVARCHAR(200),
    CONSTRAINT [slides_pkey] PRIMARY KEY CLUSTERED ([id])
);
SET IDENTITY_INSERT [_prisma_new_slides] ON;
IF EXISTS(SELECT * FROM [slides])
    EXEC('INSERT INTO [_prisma_new_slides] ([id],[title]) SELECT [id],[title] FROM [slides] WITH (holdlock tablockx)');
SET IDENTITY_INSERT [_prisma_new_slides] OFF;
DROP TABLE [slides];
EXEC SP_RENAME N'_prisma_new_slides', N'slides';
COMMIT;
