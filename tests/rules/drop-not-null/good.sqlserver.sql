-- migration: 20260101120000_init
CREATE TABLE [users] (
    [id] BIGINT NOT NULL IDENTITY(1,1),
    [org_id] BIGINT NOT NULL,
    [email] NVARCHAR(200) NOT NULL,
    [name] NVARCHAR(200) NOT NULL,
    [nickname] NVARCHAR(200),
    [plan] NVARCHAR(50) NOT NULL CONSTRAINT [users_plan_df] DEFAULT 'free',
    [visits] INT NOT NULL CONSTRAINT [users_visits_df] DEFAULT 0,
    [created_at] DATETIME2 NOT NULL CONSTRAINT [users_created_at_df] DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT [users_pkey] PRIMARY KEY CLUSTERED ([id]),
    CONSTRAINT [users_email_key] UNIQUE NONCLUSTERED ([email])
);
-- pending: 20260301120000_change
ALTER TABLE [users] ADD [display_name] NVARCHAR(200) NULL;
