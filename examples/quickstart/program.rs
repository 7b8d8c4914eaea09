//! External programs: how they are run, and how to get them.

use std::io::ErrorKind;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A program that is not on the PATH, in one line.
#[derive(Debug, thiserror::Error)]
#[error("`{program}`, which {task}, is not on the PATH: {packages}")]
pub struct Missing {
    program: &'static str,
    task: &'static str,
    packages: &'static str,
}

/// A program, what it does here, and the packages that it comes in.
#[derive(Clone, Copy)]
pub struct Program {
    pub name: &'static str,
    pub task: &'static str,
    pub packages: &'static str,
}

/// What a program wrote, and whether it succeeded. Its complaints may quote the document, and are dropped.
pub struct Answer {
    pub success: bool,
    pub bytes: Vec<u8>,
}

impl Program {
    /// Runs the program. Documents go in and out through pipes, never through files.
    pub async fn run(self, arguments: &[&str], input: &[u8]) -> Result<Answer> {
        let mut command = Command::new(self.name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Tesseract's threads spin while they wait for each other, and cost more than they gain.
        command.env("OMP_THREAD_LIMIT", "1");
        let mut running = match command.kill_on_drop(true).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.missing().into()),
            spawned => spawned.context(self.name)?,
        };
        let stdin = running.stdin.take();
        let write = async move {
            // A program that stops reading says why by its exit code.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input).await;
            }
        };
        let (output, ()) = tokio::join!(running.wait_with_output(), write);
        let output = output.context(self.name)?;
        Ok(Answer { success: output.status.success(), bytes: output.stdout })
    }

    fn missing(self) -> Missing {
        let Self { name, task, packages } = self;
        Missing { program: name, task, packages }
    }
}
