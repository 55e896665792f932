-- migration: 20260101120000_init
CREATE TABLE [marks] (
    [reader] INT NOT NULL,
    [page] INT NOT NULL,
    [colour] INT NOT NULL,
    CONSTRAINT [marks_pkey] PRIMARY KEY CLUSTERED ([reader], [page])
);
-- pending: 20260301120000_widen
ALTER TABLE [marks] DROP CONSTRAINT [marks_pkey];
ALTER TABLE [marks] ADD CONSTRAINT [marks_pkey] PRIMARY KEY CLUSTERED ([reader], [page], [colour]);
