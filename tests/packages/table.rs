//! The table of `docs/packages.md`: packages from the index, each with a small job of those that it is there for.
//!
//! A job is a file of `tests/packages/table`, `using_NAME.py`. Its first line says what it does, the next what is installed
//! for it, the package itself first. `# fails: REASON` is for one that is known to fail, and the table shows it; such a job
//! that passes is an error, too. With `UNGIL_PACKAGES=write` the table is written, else compared.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use super::{command::Outcome, harness};

/// How many jobs run at a time.
const AT_A_TIME: usize = 4;
/// What stands around the table.
const MARKS: [&str; 2] = [
    "<!-- The table is written by .ci/packages. -->\n",
    "<!-- The end of the table. -->\n",
];

struct Job {
    path: String,
    what: String,
    /// As `name==version`, the package itself first.
    requirements: Vec<String>,
    fails: Option<String>,
}

impl Job {
    fn all() -> Vec<Self> {
        let folder = root().join("tests/packages/table");
        let entries = fs::read_dir(folder).expect("the jobs are there");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("a folder can be read")
                    .file_name()
                    .into_string()
                    .expect("UTF-8")
            })
            .filter(|name| name.starts_with("using_") && name.ends_with(".py"))
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    fn read(name: &str) -> Self {
        let path = format!("tests/packages/table/{name}");
        let source = fs::read_to_string(root().join(&path)).expect("a job can be read");
        let after = |mark: &str| {
            source
                .lines()
                .find_map(|line| line.strip_prefix(mark))
                .map(str::to_owned)
        };
        let what = after("\"\"\"").and_then(|line| line.strip_suffix("\"\"\"").map(str::to_owned));
        let requirements = after("# packages: ").unwrap_or_else(|| panic!("{path} names no packages"));
        Self {
            what: what.unwrap_or_else(|| panic!("{path} does not say what it does")),
            requirements: requirements.split_whitespace().map(str::to_owned).collect(),
            fails: after("# fails: "),
            path,
        }
    }

    fn run(&self) -> Outcome {
        let requirements: Vec<&str> = self.requirements.iter().map(String::as_str).collect();
        harness::run(&[&self.path], &[harness::site(&requirements)])
    }

    /// What is wrong, if it did not end as it is said to.
    fn mistake(&self) -> Option<String> {
        let outcome = self.run();
        let passes = outcome.status == Some(0) && outcome.stderr.is_empty();
        match (&self.fails, passes) {
            (None, true) | (Some(_), false) => None,
            (Some(_), true) => Some(format!("{} works now: take its `# fails` out", self.path)),
            (None, false) => Some(format!(
                "{} ended with status {:?}\n{}\n{}",
                self.path, outcome.status, outcome.stdout, outcome.stderr
            )),
        }
    }

    fn row(&self) -> String {
        let (name, version) = self.requirements[0].split_once("==").expect("versions are pinned");
        let what = self.what.trim_end_matches('.');
        let result = self
            .fails
            .as_ref()
            .map_or_else(|| "works".to_owned(), |why| format!("**fails**: {why}"));
        format!("| {name} | {version} | {what} | {result} |\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table(jobs: &[Job]) -> String {
    let mut rows: Vec<String> = jobs.iter().map(Job::row).collect();
    rows.sort_by_key(|row| row.to_lowercase());
    let failing = jobs.iter().filter(|job| job.fails.is_some()).count();
    format!(
        "{} packages, of which {} work.\n\n| package | version | what is tried | result |\n|---|---|---|---|\n{}",
        jobs.len(),
        jobs.len() - failing,
        rows.concat()
    )
}

/// The page with that table in it.
fn page_with(table: &str) -> (PathBuf, String, String) {
    let path = root().join("docs/packages.md");
    let page = fs::read_to_string(&path).expect("docs/packages.md can be read");
    let parts = page
        .split_once(MARKS[0])
        .and_then(|(head, rest)| Some((head, rest.split_once(MARKS[1])?.1)));
    let (head, tail) = parts.expect("docs/packages.md has a place for the table");
    let wanted = format!("{head}{}{table}{}{tail}", MARKS[0], MARKS[1]);
    (path, page, wanted)
}

#[test]
fn the_table_says_what_packages_do() {
    let jobs = Job::all();
    let left = Mutex::new(jobs.iter());
    let mistakes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(job) = left.lock().unwrap().next() else { break };
                    if let Some(mistake) = job.mistake() {
                        mistakes.lock().unwrap().push(mistake);
                    }
                }
            });
        }
    });
    let mistakes = mistakes.into_inner().unwrap();
    assert!(mistakes.is_empty(), "\n{}", mistakes.join("\n\n"));

    let (path, page, wanted) = page_with(&table(&jobs));
    if std::env::var("UNGIL_PACKAGES").as_deref() == Ok("write") {
        fs::write(path, wanted).expect("docs/packages.md can be written");
    } else {
        assert!(page == wanted, "docs/packages.md is not up to date: run .ci/packages");
    }
}

#[test]
fn as_many_packages_work_as_were_promised() {
    let jobs = Job::all();
    let working = jobs.iter().filter(|job| job.fails.is_none()).count();
    assert!(jobs.len() >= 40 && working >= 36, "{working} of {}", jobs.len());
}
