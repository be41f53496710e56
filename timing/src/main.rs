//! Timing of what handles secrets, by the method of dudect (Reparaz, Balasch, Verbauwhede, 2017): a function is called
//! with a fixed secret and with random ones in random order, and Welch's t-test tells whether the two classes take
//! different times. Below 4.5 there is no evidence of a leak.
//!
//! `cargo run --release` measures each target for 20 seconds with that bound, and again what exceeds it. `cargo run
//! --release -- --quick` is for machines that others use too: half a second each, a bound of 10, and up to three tries.
//! Both run first a function that leaks, which has to fail. Further arguments are parts of names of targets to run.

mod measure;
mod random;
mod targets;
mod welch;

use std::{env, process::ExitCode, time::Duration};

use targets::{CONTROL, TARGETS, Target};

/// How long, how strict, and how often.
#[derive(Clone, Copy, Debug)]
struct Plan {
    time: Duration,
    bound: f64,
    tries: usize,
}

const FULL: Plan = Plan { time: Duration::from_secs(20), bound: 4.5, tries: 2 };
const QUICK: Plan = Plan { time: Duration::from_millis(500), bound: 10.0, tries: 3 };

fn main() -> ExitCode {
    let (options, names): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|a| a.starts_with('-'));
    let plan = match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => FULL,
        ["--quick"] => QUICK,
        _ => {
            eprintln!("usage: session-timing [--quick] [NAME...]");
            return ExitCode::from(2);
        }
    };
    if passes(&CONTROL, Plan { tries: 1, ..plan }) {
        println!("the control does not fail: this machine is too noisy to tell anything");
        return ExitCode::FAILURE;
    }
    let chosen =
        |target: &&Target| names.is_empty() || names.iter().any(|n| target.name.contains(n));
    let (passed, failed): (Vec<_>, Vec<_>) =
        TARGETS.iter().filter(chosen).partition(|target| passes(target, plan));
    println!("{} passed, {} failed", passed.len(), failed.len());
    if failed.is_empty() && !passed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether one of the tries stays below the bound. A leak exceeds it each time, a busy neighbour does not.
fn passes(target: &Target, plan: Plan) -> bool {
    (0..plan.tries).any(|_| {
        let measured = (target.run)(plan.time);
        let passes = measured.t < plan.bound;
        let verdict = if passes { "ok" } else { "differs" };
        println!("{:40} t = {:8.2}  {:8}  {verdict}", target.name, measured.t, measured.count);
        passes
    })
}
