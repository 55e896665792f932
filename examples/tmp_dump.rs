#![allow(clippy::disallowed_macros)]
use prisma_safe::{project::Provider, sql};
fn main() {
    let root = std::path::Path::new("/work/shared/corpus");
    let mode = std::env::args().nth(1).unwrap_or_default();
    let mut dirs: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    dirs.sort();
    for d in dirs {
        let Ok(p) = std::fs::read_to_string(d.join("PROVIDER")) else { continue };
        let p = Provider::from_prisma(p.trim()).unwrap();
        let mut ms: Vec<_> = std::fs::read_dir(&d).unwrap().map(|e| e.unwrap().path()).collect();
        ms.sort();
        for m in ms {
            let Ok(b) = std::fs::read(m.join("migration.sql")) else { continue };
            let s = sql::read(p, &b).unwrap();
            for st in &s.statements {
                let show = match mode.as_str() {
                    "keywords" => st.read == sql::model::Read::Keywords,
                    "unknown" => !st.is_understood(),
                    _ => true,
                };
                if show {
                    let labels: Vec<_> = st.operations.iter().map(|o| o.action.label()).collect();
                    let t: String = s.slice(st.span).chars().take(200).collect();
                    println!("{p} {labels:?} {}", t.replace('\n', " "));
                    if mode == "debug" {
                        println!("    {:?}", st.operations);
                    }
                }
            }
        }
    }
}
