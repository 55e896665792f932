-- pending: 20260301120000_change
-- The tables of `archive` went one by one; the empty database stays with its owner.
SELECT 1;
