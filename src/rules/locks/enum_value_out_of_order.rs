//! `ADD VALUE` at the end of an enum whose values are in an order that means something.

use super::shared_sql::{POSTGRESQL, text};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Span};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "enum-value-out-of-order",
    id: "PS227",
    hazards: &["L27"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Always,
    summary: "a new enum value is put at the end though the values have an order",
    page: r#"## What it catches
`ALTER TYPE … ADD VALUE` without `BEFORE` or `AFTER`, where the known values are steps of a scale (low, medium, high; debug, info, warn, error; small, medium, large; days; months; numbers at the end of a name)
and the new one does not belong behind the last of them. Prisma always appends; for values without such an order that is right, and this rule is silent.

## Why it hurts
`ORDER BY`, `<` and `max()` on the column go by the order in which the enum was declared. The new value sorts last on this database, and elsewhere on one that was created from the schema. The order cannot be
changed afterwards.

## What to do instead
State the place.

## Example
```sql
ALTER TYPE "Priority" ADD VALUE 'MEDIUM' AFTER 'LOW';
```

## When to allow it
Nobody sorts or compares by the column.

## Source
PostgreSQL manual, ALTER TYPE, "ADD VALUE"; 8.7.2 "Ordering".
"#,
    check: Check::Operation(check),
};

/// Words with an order of their own, lowest first; a row holds words that mean the same step.
const SCALES: &[&[&[&str]]] = &[
    &[
        &["lowest", "minimal", "trivial"],
        &["low", "minor"],
        &["medium", "normal", "moderate"],
        &["high", "major"],
        &["highest", "critical", "urgent", "blocker"],
    ],
    &[&["trace"], &["debug"], &["info", "notice"], &["warn", "warning"], &["error"], &["fatal", "panic"]],
    &[&["xxs"], &["xs"], &["s", "small"], &["m", "medium"], &["l", "large"], &["xl"], &["xxl"]],
    &[&["monday"], &["tuesday"], &["wednesday"], &["thursday"], &["friday"], &["saturday"], &["sunday"]],
    &[
        &["january"],
        &["february"],
        &["march"],
        &["april"],
        &["may"],
        &["june"],
        &["july"],
        &["august"],
        &["september"],
        &["october"],
        &["november"],
        &["december"],
    ],
    &[&["hourly"], &["daily"], &["weekly"], &["biweekly"], &["monthly"], &["quarterly"], &["yearly", "annually"]],
    &[&["beginner"], &["intermediate"], &["advanced"], &["expert"]],
];

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddEnumValue { type_name, value, position: None, .. } = view.action() else { return };
    let context = view.context();
    let Some(known) = context.state.enum_type(type_name).filter(|known| known.complete) else { return };
    let values: Vec<&str> = known.values.iter().map(|(value, _)| value.as_str()).collect();
    let Some(next) = belongs_before(&values, &value.value) else { return };
    let place = format!(" BEFORE {}", text(next));
    let at = value.span.end;
    let sql = context.script.slice(Span::new(view.operation.span.start, at)).trim();
    findings.push(
        Finding::new(
            value.span,
            Subject::named(None, type_name),
            format!("`{}` is put behind `{}`, though it belongs before `{next}`", value.value, values.last().unwrap_or(&next)),
        )
        .why(
            "Sorting and comparing go by the order in which the values were declared, and it cannot be changed afterwards: the new value sorts \
             last here, and elsewhere on a database that was made from the schema.",
        )
        .help(format!("State the place:\n{sql}{place};"))
        .fix(Fix {
            title: format!("put it before `{next}`"),
            edits: vec![Edit { span: Span::new(at, at), text: place.clone() }],
            follow_ups: Vec::new(),
        }),
    );
}

/// The first value that the new one belongs before; `None` when the end is right, or the values have no order.
fn belongs_before<'a>(values: &[&'a str], new: &str) -> Option<&'a str> {
    let places = rank_all(values, new)?;
    let (own, others) = places.split_last()?;
    let rising = others.windows(2).all(|pair| pair[0] < pair[1]);
    let place = others.iter().position(|rank| rank > own)?;
    (rising && others.len() >= 2).then(|| values[place])
}

/// The rank of each value and, last, of the new one, all on one scale.
fn rank_all(values: &[&str], new: &str) -> Option<Vec<u64>> {
    let all = || values.iter().copied().chain([new]);
    let on = |scale: &[&[&str]]| {
        all()
            .map(|value| {
                let value = value.to_ascii_lowercase();
                scale.iter().position(|step| step.contains(&value.as_str())).map(|at| at as u64)
            })
            .collect::<Option<Vec<_>>>()
    };
    SCALES.iter().find_map(|scale| on(scale)).or_else(|| numbers(all()))
}

/// Numbers at the end of names that are alike before them: `P0`, `P1`, `P2`.
fn numbers<'a>(values: impl Iterator<Item = &'a str>) -> Option<Vec<u64>> {
    let mut stem = None;
    values
        .map(|value| {
            let head = value.trim_end_matches(|c: char| c.is_ascii_digit());
            if *stem.get_or_insert(head) != head {
                return None;
            }
            value[head.len()..].parse().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::belongs_before;

    #[test]
    fn only_scales_have_an_order() {
        assert_eq!(belongs_before(&["LOW", "HIGH"], "MEDIUM"), Some("HIGH"));
        assert_eq!(belongs_before(&["LOW", "HIGH"], "CRITICAL"), None);
        assert_eq!(belongs_before(&["P0", "P1", "P3"], "P2"), Some("P3"));
        assert_eq!(belongs_before(&["P0", "P1"], "P2"), None);
        assert_eq!(belongs_before(&["ADMIN", "USER"], "GUEST"), None);
        assert_eq!(belongs_before(&["HIGH", "LOW"], "MEDIUM"), None);
        assert_eq!(belongs_before(&["A1", "B2"], "A0"), None);
    }
}
