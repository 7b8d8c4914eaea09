//! Programs of others: how they are run, and how to get them.

use std::io::ErrorKind;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A program that is not on the PATH. It is told on one line.
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

/// What a program wrote, and whether it went well. What it complained of may be of the document, and is dropped.
pub struct Answer {
    pub success: bool,
    pub bytes: Vec<u8>,
}

impl Program {
    /// Runs the program. Documents go in and come out through pipes: no file holds any of them.
    pub async fn run(self, arguments: &[&str], input: &[u8]) -> Result<Answer> {
        let mut command = Command::new(self.name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The threads of tesseract spin where they wait for each other, and cost more than they bring.
        command.env("OMP_THREAD_LIMIT", "1");
        let mut running = match command.kill_on_drop(true).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.missing().into()),
            spawned => spawned.context(self.name)?,
        };
        let stdin = running.stdin.take();
        let write = async move {
            // One that does not read to the end has its reasons, and says so by how it ends.
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
