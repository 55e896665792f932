//! What statements lock, how hard, and what they do meanwhile: the tables that rules cite and the impact gate counts with.
//!
//! - [`postgres`]: each shape of statement with its locks, proven on a server; [`types`]: which type changes rewrite
//! - [`innodb`]: what each shape of `ALTER TABLE` costs on MySQL and MariaDB; [`innodb_types`]: which type changes copy;
//!   [`innodb_shapes`]: from an operation to its row
//! - [`holds`]: from an operation to its row on PostgreSQL; [`transactions`]: which statements keep their locks together

pub mod holds;
pub mod innodb;
pub mod innodb_shapes;
pub mod innodb_types;
pub mod postgres;
pub mod transactions;
pub mod types;
