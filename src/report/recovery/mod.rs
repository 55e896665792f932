//! What a failed migration left behind, and the ways out: for people ([`human`]) and for programs ([`json`]).

pub mod human;
pub mod json;
