-- facts: lock-timeout=none
-- migration: 20260101120000_init
CREATE TABLE [posts] ([id] INT NOT NULL, [day] DATE NOT NULL, CONSTRAINT [posts_pkey] PRIMARY KEY CLUSTERED ([id]));
-- pending: 20260301120000_index
-- Readers go on; only writers wait, as `offline-index-build` says.
CREATE NONCLUSTERED INDEX [posts_day_idx] ON [posts]([day]);
