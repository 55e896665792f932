//! Which statements stand in which explicit transaction.

use super::model::{Action, Statement, Within, Wrapper};
use crate::project::Provider;

/// Numbers the explicit transactions of a file. SQL Server counts nested ones; everywhere else a `BEGIN` inside is no new one.
pub(super) fn number(provider: Provider, statements: &mut [Statement], wrapper: Option<Wrapper>) {
    let mut next = u32::from(wrapper.is_some());
    let mut open: Option<u32> = None;
    let mut depth = 0_u32;
    for statement in statements {
        let wrapped =
            wrapper.is_some_and(|w| w.opening.end <= statement.span.start && statement.span.end <= w.closing.start);
        let (mut begins, mut ends) = (false, false);
        for operation in &statement.operations {
            if operation.within != Within::File || operation.conditional {
                continue;
            }
            match &operation.action {
                Action::Begin => begins = true,
                Action::Commit => ends = true,
                Action::Rollback { to: None } => {
                    ends = true;
                    depth = depth.min(1);
                }
                _ => {}
            }
        }
        if begins {
            if open.is_none() {
                open = Some(next);
                next += 1;
                depth = 0;
            }
            depth += 1;
        }
        statement.transaction = open.or(wrapped.then_some(0));
        if ends && open.is_some() {
            depth = if provider == Provider::Sqlserver { depth.saturating_sub(1) } else { 0 };
            if depth == 0 {
                open = None;
            }
        }
    }
}
