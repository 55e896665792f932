//! What a user types: one file per command with `Args` and `run`, no logic.
