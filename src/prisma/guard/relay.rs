//! Passes lines between Prisma's CLI and the real engine, and judges the requests among them.
//!
//! JSON-RPC 2.0, one object a line. Requests are judged by their method; everything else goes through as it is, byte for byte, in both directions. What
//! cannot be read as one request counts as a call that nobody knows. Our own answers are written between the engine's lines, never into one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{BufRead, Write};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::refusal::Refusal;

/// A request as far as it is judged.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its method; `None` when the line is no request that could be read.
    pub method: Option<Cow<'a, str>>,
    /// Its parameters, as JSON text.
    pub params: Option<&'a str>,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Decision {
    /// It goes to the engine as it is.
    Pass,
    /// It goes to the engine with other parameters (JSON text).
    PassWith(String),
    /// It is answered by us.
    Refuse(Refusal),
}

/// Judges requests.
pub trait Judge {
    /// Decides about one request.
    fn decide(&mut self, request: &Request<'_>) -> Decision;
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// The way back to Prisma: whole lines, and the requests that still wait for an answer.
pub struct Replies<W> {
    state: Mutex<State<W>>,
}

struct State<W> {
    output: W,
    waiting: HashSet<String>,
    input_over: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    jsonrpc: &'static str,
    error: AnswerError,
    id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct AnswerError {
    code: i32,
    message: &'static str,
    data: AnswerData,
}

#[derive(Serialize)]
struct AnswerData {
    is_panic: bool,
    message: String,
    meta: Option<()>,
    /// Prisma prints a code on a line of its own, before the message; ours is in the message.
    error_code: Option<()>,
}

/// The engine's code for every error of its own.
const ENGINE_ERROR: i32 = 4466;

impl<W: Write> Replies<W> {
    /// Writes to Prisma.
    pub fn new(output: W) -> Self {
        Replies { state: Mutex::new(State { output, waiting: HashSet::new(), input_over: false }) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State<W>) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn expect(&self, id: Option<&RawValue>) {
        if let Some(id) = id {
            self.with(|state| state.waiting.insert(id.get().to_owned()));
        }
    }

    fn refuse(&self, id: Option<&RawValue>, refusal: &Refusal) -> std::io::Result<()> {
        self.with(|state| state.answer(id, refusal.message()))
    }

    /// Prisma sends no more requests: from here on, silence is no surprise.
    fn input_is_over(&self) {
        self.with(|state| state.input_over = true);
    }

    /// The engine ended well without having answered: Prisma would take that for success and print nothing. Answers for it.
    ///
    /// # Errors
    /// When Prisma is gone.
    pub fn engine_fell_silent(&self) -> std::io::Result<()> {
        self.with(|state| {
            if state.input_over {
                return Ok(());
            }
            for id in std::mem::take(&mut state.waiting) {
                let id = RawValue::from_string(id).ok();
                let text = "the schema engine ended without an answer: what it did is not known".to_owned();
                state.answer(id.as_deref(), text)?;
            }
            Ok(())
        })
    }

    /// Passes the engine's lines on to Prisma until it ends.
    ///
    /// # Errors
    /// When the engine cannot be read or Prisma is gone.
    pub fn pass_on(&self, mut engine: impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        let mut gone = Ok(());
        while engine.read_until(b'\n', &mut line)? > 0 {
            let passed = self.with(|state| {
                if let Ok(Line { method: None, id: Some(id), .. }) = serde_json::from_slice(&line) {
                    state.waiting.remove(id.get());
                }
                if gone.is_err() {
                    return Ok(());
                }
                state.output.write_all(&line)?;
                state.output.flush()
            });
            // Read on all the same: a closed pipe would kill the engine in the middle of a migration.
            if let Err(error) = passed {
                gone = Err(error);
            }
            line.clear();
        }
        gone
    }
}

impl<W: Write> State<W> {
    fn answer(&mut self, id: Option<&RawValue>, message: String) -> std::io::Result<()> {
        let answer = Answer {
            jsonrpc: "2.0",
            error: AnswerError {
                code: ENGINE_ERROR,
                message: "An error happened. Check the data field for details.",
                data: AnswerData { is_panic: false, message, meta: None, error_code: None },
            },
            id,
        };
        let mut text = serde_json::to_string(&answer)?;
        text.push('\n');
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }
}

/// Passes Prisma's lines on to the engine until it sends no more. A line without an end is judged, too.
///
/// # Errors
/// When Prisma cannot be read or the engine is gone.
pub fn pass_requests<W: Write>(
    mut prisma: impl BufRead,
    mut engine: impl Write,
    replies: &Replies<W>,
    judge: &mut dyn Judge,
) -> std::io::Result<()> {
    let mut line = Vec::new();
    while prisma.read_until(b'\n', &mut line)? > 0 {
        if line.iter().all(u8::is_ascii_whitespace) {
            engine.write_all(&line)?;
            line.clear();
            continue;
        }
        let parsed = serde_json::from_slice::<Line<'_>>(&line);
        let (id, decision) = match &parsed {
            // An answer to the engine's own request.
            Ok(Line { method: None, .. }) => (None, Decision::Pass),
            Ok(Line { method, id, params }) => {
                (*id, judge.decide(&Request { method: method.clone(), params: params.map(RawValue::get) }))
            }
            Err(_) => (None, judge.decide(&Request { method: None, params: None })),
        };
        match decision {
            Decision::Refuse(refusal) => replies.refuse(id, &refusal)?,
            Decision::Pass => {
                replies.expect(id);
                engine.write_all(&line)?;
                engine.flush()?;
            }
            Decision::PassWith(params) => {
                replies.expect(id);
                engine.write_all(&with_params(&line, &params)?)?;
                engine.flush()?;
            }
        }
        line.clear();
    }
    replies.input_is_over();
    Ok(())
}

/// The line with other parameters; the other members stay in their order.
fn with_params(line: &[u8], params: &str) -> std::io::Result<Vec<u8>> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line)?;
    object.insert("params".to_owned(), serde_json::from_str(params)?);
    let mut text = serde_json::to_vec(&object)?;
    text.push(b'\n');
    Ok(text)
}

/// Answers every request with the same refusal: there is nobody to pass it on to.
///
/// # Errors
/// When Prisma is gone.
pub fn refuse_all<W: Write>(mut prisma: impl BufRead, output: W, refusal: &Refusal) -> std::io::Result<()> {
    let replies = Replies::new(output);
    let mut line = Vec::new();
    while prisma.read_until(b'\n', &mut line)? > 0 {
        let id = serde_json::from_slice::<Line<'_>>(&line).ok().and_then(|line| line.id);
        replies.refuse(id, refusal)?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Refuses `reset` and what cannot be read, counts the rest.
    #[derive(Default)]
    struct NoReset {
        seen: Vec<String>,
    }

    impl Judge for NoReset {
        fn decide(&mut self, request: &Request<'_>) -> Decision {
            self.seen.push(request.method.as_deref().unwrap_or("?").to_owned());
            match request.method.as_deref() {
                Some("reset") | None => {
                    Decision::Refuse(Refusal { what: "no".into(), why: "it would".into(), hints: Vec::new() })
                }
                Some("diff") => Decision::PassWith(r#"{"shadow":1}"#.into()),
                Some(_) => Decision::Pass,
            }
        }
    }

    fn relay(input: &[u8]) -> (Vec<u8>, String, Vec<String>) {
        let mut engine = Vec::new();
        let replies = Replies::new(Vec::new());
        let mut judge = NoReset::default();
        pass_requests(BufReader::new(input), &mut engine, &replies, &mut judge).unwrap();
        let output = replies.state.into_inner().unwrap().output;
        (engine, String::from_utf8(output).unwrap(), judge.seen)
    }

    const REFUSED: &str = r#"{"jsonrpc":"2.0","error":{"code":4466,"message":"An error happened. Check the data field for details.","data":{"is_panic":false,"message":"refused by prisma-safe: no\nwhy: it would","meta":null,"error_code":null}},"id":"#;

    #[test]
    fn passes_bytes_as_they_are() {
        for text in [
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"diagnose\",\"params\":{ \"a\" : [1,  2] }}\n",
            "{\"id\":0,\"jsonrpc\":\"2.0\",\"result\":{}}\r\n",
            "\n",
            " {\"method\":\"x\",\"id\":\"é\\u0000\"} \n",
            "{\"method\":\"x\",\"id\":1}",
        ] {
            assert_eq!(relay(text.as_bytes()).0, text.as_bytes());
        }
    }

    #[test]
    fn a_refused_request_never_reaches_the_engine() {
        for text in [
            "{\"id\":7,\"jsonrpc\":\"2.0\",\"method\":\"reset\"}\n",
            "{\"id\":7,\"method\":\"\\u0072eset\",\"params\":{}}\n",
            "{\"m\\u0065thod\":\"reset\",\"id\":7}",
        ] {
            let (engine, output, _) = relay(text.as_bytes());
            assert_eq!((engine, output), (Vec::new(), format!("{REFUSED}7}}\n")), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_judged_as_unknown() {
        for text in [
            &b"{\"id\":1,\"method\":\"x\",\"method\":\"reset\"}\n"[..],
            b"[{\"id\":1,\"method\":\"reset\"}]\n",
            b"reset\n",
            b"{\"method\":\"x\"\xff}\n",
            b"{\"method\":7}\n",
            b"\xef\xbb\xbf{\"method\":\"x\"}\n",
        ] {
            let (engine, output, seen) = relay(text);
            assert!(engine.is_empty(), "{text:?}");
            assert_eq!(seen, ["?"]);
            assert_eq!(output, format!("{REFUSED}null}}\n"));
        }
    }

    #[test]
    fn new_parameters_leave_the_rest_of_the_request() {
        let (engine, ..) = relay(b"{\"id\":3,\"jsonrpc\":\"2.0\",\"method\":\"diff\",\"params\":{}}\n");
        assert_eq!(
            String::from_utf8(engine).unwrap(),
            "{\"id\":3,\"jsonrpc\":\"2.0\",\"method\":\"diff\",\"params\":{\"shadow\":1}}\n"
        );
    }

    #[test]
    fn ten_megabytes_in_one_line() {
        let text = format!(
            "{{\"id\":1,\"method\":\"applyMigrations\",\"params\":{{\"sql\":\"{}\"}}}}\n",
            "x".repeat(10 << 20)
        );
        let (engine, output, seen) = relay(text.as_bytes());
        assert!(engine == text.as_bytes() && output.is_empty());
        assert_eq!(seen, ["applyMigrations"]);
    }

    #[test]
    fn the_engines_lines_pass_as_they_are() {
        for text in [
            "{\"id\":1,\"result\":null}\nnot json\r\n\n{\"id\":0,\"method\":\"print\",\"params\":{\"content\":\"é\"}}",
            "",
        ] {
            let replies = Replies::new(Vec::new());
            replies.pass_on(BufReader::with_capacity(3, text.as_bytes())).unwrap();
            assert_eq!(replies.state.into_inner().unwrap().output, text.as_bytes());
        }
    }

    #[test]
    fn an_engine_that_falls_silent_is_an_error_for_prisma() {
        let ask = |reply: &str, over: bool| {
            let replies = Replies::new(Vec::new());
            let mut judge = NoReset::default();
            let input = "{\"id\":1,\"method\":\"a\"}\n{\"id\":2,\"method\":\"b\"}\n";
            pass_requests(BufReader::new(input.as_bytes()), Vec::new(), &replies, &mut judge).unwrap();
            replies.with(|state| state.input_over = over);
            replies.pass_on(BufReader::new(reply.as_bytes())).unwrap();
            replies.engine_fell_silent().unwrap();
            let output = String::from_utf8(replies.state.into_inner().unwrap().output).unwrap();
            output[reply.len()..].matches("ended without an answer").count()
        };
        assert_eq!(ask("", false), 2);
        assert_eq!(ask("{\"id\":2,\"result\":null}\n", false), 1);
        // The engine's own request with the same number is no answer.
        assert_eq!(ask("{\"id\":2,\"method\":\"print\"}\n", false), 2);
        assert_eq!(ask("{\"id\":2,\"result\":null}\n{\"id\":1,\"error\":{}}\n", false), 0);
        // Prisma has hung up: nobody waits.
        assert_eq!(ask("", true), 0);
    }

    #[test]
    fn without_an_engine_every_request_is_answered() {
        let refusal = Refusal { what: "no".into(), why: "it would".into(), hints: Vec::new() };
        let mut output = Vec::new();
        refuse_all(
            BufReader::new(&b"{\"id\":1,\"method\":\"a\"}\n{\"id\":2,\"method\":\"b\"}\n"[..]),
            &mut output,
            &refusal,
        )
        .unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), format!("{REFUSED}1}}\n{REFUSED}2}}\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_changed_on_its_way(lines in proptest::collection::vec("[ -~]{0,40}", 0..8)) {
            struct PassAll;
            impl Judge for PassAll {
                fn decide(&mut self, _: &Request<'_>) -> Decision {
                    Decision::Pass
                }
            }
            let text = lines.join("\n");
            let mut engine = Vec::new();
            let replies = Replies::new(Vec::new());
            pass_requests(BufReader::new(text.as_bytes()), &mut engine, &replies, &mut PassAll).unwrap();
            proptest::prop_assert_eq!(engine, text.as_bytes());
        }
    }
}
