//! `status` in every format: [`human`] as one table per environment or side by side, [`json`].

pub mod human;
pub mod json;
