-- pending: 20260301120000_change
DO $$ BEGIN EXECUTE 'DROP TABLE ' || (SELECT relname FROM pg_class LIMIT 1); END $$;
FROBNICATE THE users;
