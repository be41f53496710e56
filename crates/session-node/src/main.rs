//! Starts a local network of service nodes and runs it until it is told to stop: `session-node --help`.

use std::{
    error::Error,
    io::{Write as _, stdout},
    process::ExitCode,
};

use session_node::server::{Options, Server, UsageError};
use tracing::Level;

#[expect(clippy::print_stderr, reason = "a program says why it does not run")]
fn main() -> ExitCode {
    match Options::from_args(std::env::args().skip(1)).map(|options| run(&options)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("session-node: {}", chain(&*error));
            ExitCode::FAILURE
        }
        Err(help @ UsageError::Help) => {
            // Who closes the pipe has read enough.
            _ = writeln!(stdout(), "{help}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("session-node: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let level = if options.verbose { Level::DEBUG } else { Level::INFO };
    tracing_subscriber::fmt().with_max_level(level).with_target(false).init();
    tokio::runtime::Runtime::new()?.block_on(async {
        let server = Server::start(options).await?;
        wait_for_stop().await?;
        server.stop().await;
        Ok(())
    })
}

/// Waits for an interrupt from the keyboard, or for the signal by which systems end programs.
async fn wait_for_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::{future::poll_fn, task::Poll};
        use tokio::signal::unix::{SignalKind, signal};

        let mut signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        poll_fn(|context| {
            let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok(())
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// The error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line += &format!(": {error}");
        cause = error.source();
    }
    line
}
