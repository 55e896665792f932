//! Disk × ledger: every migration is pending, applied, edited, missing, failed, rolled back or out of order.
