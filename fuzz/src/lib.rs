//! What must hold for any bytes at all. Plain functions: `fuzz_targets/` hands them to libFuzzer, `stress` calls them on stable Rust.
//!
//! The first byte of the input chooses the database, so that one corpus serves all four.

use prisma_safe::project::Provider;
use prisma_safe::sql::analysis::{PrismaVersion, judge};
use prisma_safe::sql::history_state::{State, walk};
use prisma_safe::sql::model::{Script, Span};
use prisma_safe::sql::read;

/// All targets by name.
pub const TARGETS: [(&str, fn(&[u8])); 3] = [("split", split), ("lower", lower), ("directives", directives)];

fn provider(data: &[u8]) -> Option<(Provider, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((Provider::ALL[usize::from(first % 4)], rest))
}

/// Ranges, wrapper and gaps make up the file; spans are inside of their ranges and cut no character.
pub fn split(data: &[u8]) {
    let Some((provider, bytes)) = provider(data) else { return };
    let Ok(script) = read(provider, bytes) else {
        assert!(std::str::from_utf8(bytes).is_err() || bytes.starts_with(&[0, 0, 0xFE, 0xFF]), "UTF-8 was refused");
        return;
    };
    assert_eq!(script.text.as_bytes(), bytes);
    let mut pieces: Vec<Span> = script.statements.iter().map(|s| s.range).collect();
    pieces.extend(script.wrapper.iter().flat_map(|w| [w.opening, w.closing]));
    pieces.sort_unstable();
    let mut at = 0;
    for piece in pieces {
        assert!(at <= piece.start, "pieces overlap");
        slice(&script, piece);
        at = piece.end;
    }
    assert!(at as usize <= bytes.len());
    for (index, statement) in script.statements.iter().enumerate() {
        assert_eq!(statement.index, index);
        assert!(statement.range.contains(statement.span));
        slice(&script, statement.span);
        assert!(!statement.operations.is_empty());
        for operation in &statement.operations {
            assert!(statement.range.contains(operation.span));
            slice(&script, operation.span);
        }
    }
    for comment in &script.comments {
        slice(&script, comment.span);
    }
}

fn slice(script: &Script, span: Span) -> &str {
    script.text.get(span.range()).expect("a span is inside of the file and cuts no character")
}

/// Reading, remembering and judging end without a panic, and what is lost is underlined inside of the file.
pub fn lower(data: &[u8]) {
    let Some((provider, bytes)) = provider(data) else { return };
    let Ok(script) = read(provider, bytes) else { return };
    let mut state = State::new(provider);
    walk(&mut state, "one", false, &script, |context| {
        let _ = (context.lock_timeout(), context.statement_timeout(), context.in_explicit_transaction());
    });
    for version in
        [None, Some(PrismaVersion { major: 6, minor: Some(1) }), Some(PrismaVersion { major: 7, minor: Some(9) })]
    {
        let judgement = judge(&script, &state, version);
        assert_eq!(judgement.statements.len(), script.statements.len());
        assert_eq!(judgement.after_failure.len(), script.statements.len());
        for destruction in &judgement.destructions {
            slice(&script, destruction.span);
        }
    }
}

/// A directive is read or refused, at a place inside of its comment.
pub fn directives(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let line = text.replace(['\n', '\r'], " ");
    let Ok(script) = read(Provider::Postgresql, format!("SELECT 1; -- prisma-safe: {line}\nSELECT 2;").as_bytes())
    else {
        return;
    };
    assert_eq!(script.directives.len() + script.directive_errors.len(), 1);
    for error in &script.directive_errors {
        assert!(error.comment.contains(error.span));
        slice(&script, error.span);
    }
}
