-- pending: 20260301120000_change
FROBNICATE THE users;
