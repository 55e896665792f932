//! Judges one engine's calls: what they touch, whether it is the pinned database, whether it is a developer's own.
//!
//! Reading calls on a run without a pin are answered without a look at the settings, a file or a database: that is the fast path. Everything else asks
//! [`Evidence`], once per engine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Databases, Entry, FoundUrl, in_request};
use super::pin::PinnedRun;
use super::refusal::Refusal;
use super::relay::{Decision, Judge, Request};
use super::rules::{Allowance, Form, Needs, Rule, Standing, judge, rule_for};

/// What the settings, the environments and the database itself say.
pub trait Evidence {
    /// Whether a database has proved to be a developer's own. All `targets` stand for it (`url` and `directUrl`).
    fn standing(&mut self, targets: &[&FoundUrl], pinned: Option<&str>) -> Standing;
    /// Whether a shadow database may be wiped: why not, if it is the target's or an environment's own.
    ///
    /// # Errors
    /// The reason, one line without secrets.
    fn shadow(&mut self, shadow: &FoundUrl, targets: &[&FoundUrl]) -> Result<(), String>;
    /// `[guard] ungated-deploy = "allow"`.
    fn ungated_deploy(&mut self) -> bool;
    /// Where a SQLite URL leads; `None` for other URLs.
    fn file_of(&self, url: &FoundUrl) -> Option<PathBuf>;
}

/// Judges one engine's calls.
pub struct Court<'a, E> {
    databases: Databases,
    pin: Option<&'a PinnedRun>,
    shadow_of_run: Option<FoundUrl>,
    evidence: E,
    directory: PathBuf,
    variable: &'a (dyn Fn(&str) -> Option<OsString> + Sync),
    standing: Option<Standing>,
}

/// The parts of a request that can name databases.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Params<'a> {
    #[serde(borrow)]
    datasource_type: Option<&'a RawValue>,
    #[serde(borrow)]
    datasource: Option<&'a RawValue>,
    #[serde(borrow)]
    from: Option<&'a RawValue>,
    #[serde(borrow)]
    to: Option<&'a RawValue>,
    shadow_database_url: Option<String>,
    opt_in_to_shadow_database: Option<bool>,
}

/// The databases of one call.
struct Touched {
    targets: Vec<Databases>,
    shadow: Option<FoundUrl>,
    doubt: Option<String>,
}

impl<'a, E: Evidence> Court<'a, E> {
    /// A court for an engine that was started so.
    pub fn new(
        entry: &Entry,
        pin: Option<&'a PinnedRun>,
        shadow_of_run: Option<FoundUrl>,
        evidence: E,
        directory: &Path,
        variable: &'a (dyn Fn(&str) -> Option<OsString> + Sync),
    ) -> Self {
        Court {
            databases: entry.databases.clone(),
            pin,
            shadow_of_run,
            evidence,
            directory: directory.to_path_buf(),
            variable,
            standing: None,
        }
    }

    /// Judges the database that the engine was started for against the pin, before anything is passed on.
    ///
    /// # Errors
    /// The [`Refusal`] of everything.
    pub fn admit(&self) -> Result<(), Refusal> {
        let Some(pin) = self.pin else { return Ok(()) };
        let databases = &self.databases;
        self.is_pinned(pin, databases)
    }

    fn is_pinned(&self, pin: &PinnedRun, databases: &Databases) -> Result<(), Refusal> {
        if let Some(doubt) = &databases.doubt {
            return Err(not_pinned(pin, &format!("Prisma's target cannot be told: {doubt}")));
        }
        match databases.target() {
            Some(url) if !pin.is_for(url.expose(), self.evidence.file_of(url).as_deref()) => {
                Err(not_pinned(pin, &format!("Prisma takes its URL from {}, and it is another one", url.written)))
            }
            _ => Ok(()),
        }
    }

    /// Judges one call.
    ///
    /// # Errors
    /// The [`Refusal`] to answer with.
    pub fn call(&mut self, form: Form, call: &str, params: Option<&str>) -> Result<(), Refusal> {
        let rule = rule_for(form, call);
        // The fast path.
        if rule.needs == Needs::Nothing && !rule.wipes_shadow && self.pin.is_none() {
            return Ok(());
        }
        let touched = self.touched(&rule, params);
        if let Some(pin) = self.pin {
            for databases in &touched.targets {
                self.is_pinned(pin, databases)?;
            }
        }
        if rule.needs != Needs::Nothing {
            let allowance = self.allowance(&rule);
            let standing = self.standing(&rule, &touched, &allowance);
            judge(&rule, call, &standing, &allowance)?;
        }
        self.check_shadow(call, &touched)
    }

    fn allowance(&mut self, rule: &Rule) -> Allowance {
        let permits = self.pin.map(|pin| pin.permits().clone()).unwrap_or_default();
        let permitted =
            matches!(rule.needs, Needs::CheckedRun(permit) | Needs::Permission(permit) if permits.contains(&permit));
        Allowance {
            environment: self.pin.map(|pin| pin.environment().to_owned()),
            permits,
            // Costs reading the settings, so only where it can matter.
            ungated_deploy: !permitted && matches!(rule.needs, Needs::CheckedRun(_)) && self.evidence.ungated_deploy(),
        }
    }

    fn standing(&mut self, rule: &Rule, touched: &Touched, allowance: &Allowance) -> Standing {
        // Whatever it is, the run was allowed this: no need to ask the database.
        if judge(rule, "", &Standing::Unknown(String::new()), allowance).is_ok() {
            return Standing::Unknown(String::new());
        }
        if let Some(standing) = &self.standing {
            return standing.clone();
        }
        let doubt =
            touched.doubt.clone().or_else(|| touched.targets.iter().find_map(|databases| databases.doubt.clone()));
        let targets: Vec<&FoundUrl> = touched.targets.iter().flat_map(Databases::targets).collect();
        let standing = match doubt {
            Some(doubt) => Standing::Unknown(doubt),
            None if targets.is_empty() => Standing::Unknown("Prisma's engine was given no URL".to_owned()),
            None => self.evidence.standing(&targets, self.pin.map(PinnedRun::environment)),
        };
        // A request that names its own database says nothing about the next one.
        if touched.targets.len() == 1 {
            self.standing = Some(standing.clone());
        }
        standing
    }

    /// Which databases a call is about: the engine's own, and those that the request names.
    fn touched(&self, rule: &Rule, params: Option<&str>) -> Touched {
        let mut touched = Touched { targets: vec![self.databases.clone()], shadow: None, doubt: None };
        let names_databases = matches!(rule.call, "dbExecute" | "createDatabase" | "ensureConnectionValidity" | "diff");
        let params = match params.map(serde_json::from_str::<Params<'_>>) {
            None => Params::default(),
            Some(Ok(params)) => params,
            Some(Err(_)) => {
                if names_databases || rule.wipes_shadow {
                    touched.doubt = Some("the request was not understood".to_owned());
                    touched.shadow = self.databases.shadow_url.clone();
                }
                return touched;
            }
        };
        let parts: &[Option<&RawValue>] = match rule.call {
            "dbExecute" => &[params.datasource_type],
            "createDatabase" | "ensureConnectionValidity" => &[params.datasource],
            "diff" => &[params.from, params.to],
            _ => &[],
        };
        for part in parts.iter().copied().flatten() {
            let named = in_request(part.get(), &self.directory, self.variable);
            if named.doubt.is_some() || named.target().is_some() {
                touched.targets.push(named);
            }
        }
        // An engine that was started without a database works on the one that the request names.
        if touched.targets.len() > 1 && self.databases.target().is_none() && self.databases.doubt.is_none() {
            touched.targets.remove(0);
        }
        touched.shadow = self.shadow_touched(rule, &params);
        touched
    }

    /// The shadow database that a call would wipe.
    fn shadow_touched(&self, rule: &Rule, params: &Params<'_>) -> Option<FoundUrl> {
        let replays = |side: Option<&RawValue>| side.is_some_and(|side| side.get().contains("migrations"));
        let wipes = match rule.call {
            "diff" => replays(params.from) || replays(params.to),
            "diagnoseMigrationHistory" => params.opt_in_to_shadow_database != Some(false),
            _ => rule.wipes_shadow,
        };
        if !wipes {
            return None;
        }
        let in_params = params.shadow_database_url.clone().map(|url| FoundUrl {
            text: url.into(),
            base: self.directory.clone(),
            written: super::entry::Written::Request,
        });
        self.shadow_of_run.clone().or(in_params).or_else(|| self.databases.shadow_url.clone())
    }

    fn check_shadow(&mut self, call: &str, touched: &Touched) -> Result<(), Refusal> {
        let Some(shadow) = &touched.shadow else { return Ok(()) };
        let targets: Vec<&FoundUrl> = touched.targets.iter().flat_map(Databases::targets).collect();
        self.evidence.shadow(shadow, &targets).map_err(|reason| Refusal {
            what: format!("`{call}`, because {reason}"),
            why: "Prisma wipes its shadow database each time it uses it".to_owned(),
            hints: vec![
                "name an empty database of its own as `shadowDatabaseUrl`, or none: Prisma then creates and drops one by itself".to_owned(),
            ],
        })
    }
}

fn not_pinned(pin: &PinnedRun, reason: &str) -> Refusal {
    let environment = pin.environment();
    Refusal {
        what: format!("this is not the database of `{environment}` that was checked: {reason}"),
        why: "what was checked must be what runs; Prisma's config file or schema takes its URL from somewhere else"
            .to_owned(),
        hints: vec![
            "name the variable that the Prisma project itself reads: `[prisma]`, `url-env = \"…\"` in prisma-safe.toml"
                .to_owned(),
            format!("`cargo prisma-safe env show {environment}` shows what was checked and where its URL came from"),
        ],
    }
}

impl<E: Evidence> Judge for Court<'_, E> {
    fn decide(&mut self, request: &Request<'_>) -> Decision {
        let call = request.method.as_deref().unwrap_or("");
        if let Err(refusal) = self.call(Form::Rpc, call, request.params) {
            return Decision::Refuse(refusal);
        }
        match (&self.shadow_of_run, call) {
            (Some(shadow), "diff") => match with_shadow(request.params.unwrap_or("{}"), shadow) {
                Some(params) => Decision::PassWith(params),
                None => Decision::Pass,
            },
            _ => Decision::Pass,
        }
    }
}

/// The parameters with the run's own shadow database. `None` where 7 has no place for it: there it stands in `--datasource`.
fn with_shadow(params: &str, shadow: &FoundUrl) -> Option<String> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(params).ok()?;
    let place = object.get_mut("shadowDatabaseUrl")?;
    *place = shadow.expose().into();
    serde_json::to_string(&object).ok()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::environment::EnvironmentKind;
    use crate::prisma::guard::pin::{Permit, Pin, RunFile};

    /// Evidence made up for a test; notes what it was asked.
    #[derive(Clone, Default)]
    struct MadeUp {
        dev: bool,
        shadow_is_real: bool,
        ungated: bool,
        asked: Rc<RefCell<Vec<String>>>,
    }

    impl Evidence for MadeUp {
        fn standing(&mut self, targets: &[&FoundUrl], _: Option<&str>) -> Standing {
            let urls: Vec<&str> = targets.iter().map(|url| url.expose()).collect();
            self.asked.borrow_mut().push(format!("standing of {}", urls.join(" and ")));
            if self.dev {
                return Standing::Dev;
            }
            Standing::NotDev { reason: "it is not".to_owned(), environment: None, hints: Vec::new() }
        }

        fn shadow(&mut self, shadow: &FoundUrl, _: &[&FoundUrl]) -> Result<(), String> {
            self.asked.borrow_mut().push(format!("shadow {}", shadow.expose()));
            if self.shadow_is_real { Err("the shadow database is real".to_owned()) } else { Ok(()) }
        }

        fn ungated_deploy(&mut self) -> bool {
            self.asked.borrow_mut().push("settings".to_owned());
            self.ungated
        }

        fn file_of(&self, _: &FoundUrl) -> Option<PathBuf> {
            None
        }
    }

    const MAIN: &str = r#"{"url":"postgres://h/main","shadowDatabaseUrl":"postgres://h/shadow"}"#;

    fn entry(json: &str) -> Entry {
        Entry::read(&["--datasource".into(), json.into()], Path::new("/app"), &|_| None)
    }

    fn calls(json: &str, evidence: &MadeUp, pin: Option<&PinnedRun>, calls: &[(&str, &str)]) -> Vec<bool> {
        let variable = |_: &str| None;
        let mut court = Court::new(&entry(json), pin, None, evidence.clone(), Path::new("/app"), &variable);
        calls.iter().map(|(call, params)| court.call(Form::Rpc, call, Some(params)).is_ok()).collect()
    }

    #[test]
    fn reading_asks_nobody() {
        let evidence = MadeUp::default();
        let status =
            [("diagnoseMigrationHistory", r#"{"optInToShadowDatabase":false}"#), ("introspect", "{}"), ("diff", "{}")];
        assert_eq!(calls(MAIN, &evidence, None, &status), [true, true, true]);
        assert!(evidence.asked.borrow().is_empty(), "{:?}", evidence.asked.borrow());
    }

    #[test]
    fn the_dev_test_runs_once_an_engine() {
        let evidence = MadeUp { dev: true, ..MadeUp::default() };
        assert_eq!(
            calls(MAIN, &evidence, None, &[("reset", "{}"), ("schemaPush", "{}"), ("reset", "{}")]),
            [true, true, true]
        );
        assert_eq!(*evidence.asked.borrow(), ["standing of postgres://h/main"]);
    }

    #[test]
    fn what_was_not_understood_is_not_dev() {
        let evidence = MadeUp { dev: true, ..MadeUp::default() };
        let doubtful = r#"{"url":"postgres://h/main","other":1}"#;
        assert_eq!(calls(doubtful, &evidence, None, &[("reset", "{}"), ("getDatabaseVersion", "{}")]), [false, true]);
        assert_eq!(calls("{}", &evidence, None, &[("reset", "{}")]), [false], "no URL at all");
        assert_eq!(calls(MAIN, &evidence, None, &[("dbExecute", "[")]), [false], "parameters that are no object");
        assert!(evidence.asked.borrow().is_empty());
    }

    #[test]
    fn a_request_may_name_its_own_database() {
        let evidence = MadeUp { dev: true, ..MadeUp::default() };
        let execute = r#"{"script":"x","datasourceType":{"tag":"url","url":"postgres://h/other"}}"#;
        calls("{}", &evidence, None, &[("dbExecute", execute)]);
        calls(MAIN, &evidence, None, &[("dbExecute", execute)]);
        let asked = evidence.asked.borrow();
        assert_eq!(*asked, ["standing of postgres://h/other", "standing of postgres://h/main and postgres://h/other"]);
    }

    #[test]
    fn a_shadow_database_that_is_real_is_not_wiped() {
        let evidence = MadeUp { dev: true, shadow_is_real: true, ..MadeUp::default() };
        let migrations =
            r#"{"from":{"tag":"migrations"},"to":{"tag":"empty"},"shadowDatabaseUrl":"postgres://h/by-hand"}"#;
        let all = [
            ("devDiagnostic", "{}"),
            ("createMigration", "{}"),
            ("diff", migrations),
            ("diagnoseMigrationHistory", r#"{"optInToShadowDatabase":true}"#),
            ("diagnoseMigrationHistory", r#"{"optInToShadowDatabase":false}"#),
            ("applyMigrations", "{}"),
        ];
        assert_eq!(calls(MAIN, &evidence, None, &all), [false, false, false, false, true, true]);
        assert!(evidence.asked.borrow().contains(&"shadow postgres://h/by-hand".to_owned()));
    }

    #[test]
    fn a_pin_allows_what_it_names_on_the_database_that_it_names() {
        let evidence = MadeUp::default();
        let pin = Pin::new("production", EnvironmentKind::Production).allow(Permit::ApplyMigrations);
        let file = RunFile::create(&pin, "postgres://h/main", None).unwrap();
        let pinned = PinnedRun::read(file.path()).unwrap();
        let all = [
            ("applyMigrations", "{}"),
            ("markMigrationApplied", "{}"),
            ("createDatabase", "{}"),
            ("reset", "{}"),
            ("introspect", "{}"),
        ];
        assert_eq!(calls(MAIN, &evidence, Some(&pinned), &all), [true, false, false, false, true]);
        let elsewhere = r#"{"url":"postgres://h/elsewhere"}"#;
        assert_eq!(calls(elsewhere, &evidence, Some(&pinned), &all), [false; 5]);
        let other_side = r#"{"from":{"tag":"url","url":"postgres://h/elsewhere"},"to":{"tag":"empty"}}"#;
        assert_eq!(calls("{}", &evidence, Some(&pinned), &[("diff", other_side)]), [false]);
    }

    #[test]
    fn a_pinned_run_on_another_database_is_not_admitted() {
        let pin = Pin::new("production", EnvironmentKind::Production);
        let file = RunFile::create(&pin, "postgres://h/main", None).unwrap();
        let pinned = PinnedRun::read(file.path()).unwrap();
        let admit = |json: &str| {
            let variable = |_: &str| None;
            let court = Court::new(&entry(json), Some(&pinned), None, MadeUp::default(), Path::new("/app"), &variable);
            court.admit()
        };
        assert_eq!(admit(MAIN), Ok(()));
        // `directUrl` is what the engine would use.
        let refusal =
            admit(r#"{"url":"postgres://h/main","directUrl":"postgres://u:s3cret@h/elsewhere"}"#).unwrap_err();
        insta::assert_snapshot!(refusal.message(), @r#"
refused by prisma-safe: this is not the database of `production` that was checked: Prisma takes its URL from Prisma's config or schema, and it is another one
why: what was checked must be what runs; Prisma's config file or schema takes its URL from somewhere else
hint: name the variable that the Prisma project itself reads: `[prisma]`, `url-env = "…"` in prisma-safe.toml
hint: `cargo prisma-safe env show production` shows what was checked and where its URL came from
"#);
        assert!(admit(r#"{"url":"postgres://h/main","url2":"x"}"#).is_err());
    }

    #[test]
    fn the_runs_own_shadow_database_goes_where_the_major_has_a_place_for_it() {
        let shadow = FoundUrl {
            text: "postgres://h/throwaway".into(),
            base: PathBuf::new(),
            written: super::super::entry::Written::Request,
        };
        assert_eq!(
            with_shadow(r#"{"from":{},"shadowDatabaseUrl":null,"to":{}}"#, &shadow).unwrap(),
            r#"{"from":{},"shadowDatabaseUrl":"postgres://h/throwaway","to":{}}"#
        );
        assert_eq!(with_shadow(r#"{"from":{},"to":{}}"#, &shadow), None);
    }
}
