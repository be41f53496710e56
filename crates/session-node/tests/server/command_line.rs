//! What the program says to somebody who types a command line.

use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_session-node")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn help_is_an_answer() {
    for option in ["--help", "-h"] {
        let output = run(&[option]);
        assert!(output.status.success());
        for option in ["--nodes N", "--release R", "--hard-fork N.R"] {
            assert!(text(&output.stdout).contains(option), "{output:?}");
        }
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn unknown_options_are_named() {
    for (args, named) in [
        (&["--noodles", "3"][..], "\"--noodles\""),
        (&["--nodes", "3", "more"], "\"more\""),
        (&["--nodes=3"], "\"--nodes=3\""),
        (&["--nodes", "x"], "--nodes: a number expected"),
        (&["--port"], "--port: a port expected"),
        (&["--release", "2.9"], "--release: 2.8 or newest expected"),
        (&["--hard-fork", "19"], "--hard-fork: a hard fork such as 19.3 expected"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(named), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}

#[test]
fn a_network_that_cannot_be_is_told_in_words() {
    let output = run(&["--nodes", "0"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "session-node: network of 0 nodes, 1 to 2000 are possible\n");
}
