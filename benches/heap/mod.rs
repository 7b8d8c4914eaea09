//! Lets freed memory be reused, as other allocators and the heaps of Python and node do.
//!
//! glibc gives large blocks back to the system, and for new ones the kernel takes up to half as long again as all the work:
//! the kernel would be measured instead of the crate.

use std::process::{Command, ExitCode};

const VARIABLE: &str = "GLIBC_TUNABLES";
const KEEP: &str = "glibc.malloc.mmap_threshold=8589934592:glibc.malloc.trim_threshold=17179869184";

/// Runs this benchmark again in a process whose heap keeps its memory, and returns its exit code; `None` in that process.
pub fn keep() -> Option<ExitCode> {
    if std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    // glibc reads the variable only as it starts.
    let this = std::env::current_exe().expect("the benchmark itself");
    let status = Command::new(this).args(std::env::args().skip(1)).env(VARIABLE, KEEP).status();
    Some(if status.expect("a second run").success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
