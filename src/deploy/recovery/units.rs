//! Which statements of a file share one fate: what fails together is taken back together.

use crate::project::Provider;
use crate::sql::model::{Action, Script};

/// For each statement the number of its unit, ascending. `split`: Prisma sends the file statement by statement.
pub(super) fn of(script: &Script, split: bool) -> Vec<usize> {
    let whole = script.provider == Provider::Postgresql && !split;
    let mut unit = 0;
    let mut transaction = None;
    script
        .statements
        .iter()
        .map(|statement| {
            if whole {
                // One query is one transaction, which an explicit end divides.
                let mine = unit;
                let ends = |action: &Action| matches!(action, Action::Commit | Action::Rollback { to: None });
                unit += usize::from(statement.operations.iter().any(|operation| ends(&operation.action)));
                return mine;
            }
            // MySQL commits at each DDL statement, whatever transaction it stands in.
            let now = statement.transaction.filter(|_| script.provider != Provider::Mysql);
            if statement.index > 0 && !(now.is_some() && now == transaction) {
                unit += 1;
            }
            transaction = now;
            unit
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[test]
    fn each_database_has_its_own() {
        let text = b"CREATE TABLE a (id INT);\nBEGIN;\nCREATE TABLE b (id INT);\nCOMMIT;\nCREATE TABLE c (id INT);\n";
        let units = |provider, split| of(&sql::read(provider, text).unwrap(), split);
        assert_eq!(units(Provider::Postgresql, false), [0, 0, 0, 0, 1]);
        assert_eq!(units(Provider::Postgresql, true), [0, 1, 1, 1, 2]);
        assert_eq!(units(Provider::Sqlite, true), [0, 1, 1, 1, 2]);
        assert_eq!(units(Provider::Mysql, false), [0, 1, 2, 3, 4]);
    }
}
