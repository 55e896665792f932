-- pending: 20260301120000_change
SELECT 1;
