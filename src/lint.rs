//! Migrations × rules → findings (pure).
