CREATE TABLE [dbo].[events] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [what] NVARCHAR(1000) NOT NULL,
    CONSTRAINT [events_pkey] PRIMARY KEY CLUSTERED ([id])
);
