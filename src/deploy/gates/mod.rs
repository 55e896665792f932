//! One file per gate: it may stop a deploy, always with its evidence and the way out.
