-- pending: 20260301120000_change
DROP SCHEMA "archive" CASCADE;
