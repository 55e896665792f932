//! One file per rule. A rule sees the statement model and gives findings, nothing else.
