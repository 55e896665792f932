//! The paired undo script: written here, proven, run.
