-- CreateTable
CREATE TABLE [plans] (
    [id] INTEGER NOT NULL,
    [code] INTEGER NOT NULL,
    CONSTRAINT [plans_pkey] PRIMARY KEY CLUSTERED ([id])
);
