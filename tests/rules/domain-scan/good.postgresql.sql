-- migration: 20260101120000_init
CREATE DOMAIN "email" AS TEXT;
-- pending: 20260201120000_next
ALTER DOMAIN "email" ADD CONSTRAINT "email_has_at" CHECK (VALUE LIKE '%@%') NOT VALID;
