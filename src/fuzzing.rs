//! A door for the targets in `fuzz/` to what is not public. No other build has it.

use futures::stream::{self, StreamExt};

use crate::Limits;
use crate::block::Block;
use crate::part::{Part, Warning};
use crate::stream::{BlockStream, Expected, PageStream};

// The module by itself: with the feature `posture` come the clients of three more services.
#[allow(dead_code, reason = "what a posture asks of statements is not asked here")]
#[path = "posture/statement.rs"]
mod statement;

/// The blocks of parts, as those of a job whose end told this.
pub fn blocks(
    parts: Vec<Part<Block>>,
    pages: Option<u32>,
    partial: bool,
    warnings: Vec<Warning>,
) -> BlockStream {
    let limits = Limits::PART;
    let expected = Expected { pages, partial, warnings, verified: false, allow_cut_end: false, limits };
    BlockStream::new(stream::iter(parts.into_iter().map(Ok)).boxed(), expected)
}

/// The pages of such blocks.
pub fn pages(blocks: BlockStream) -> PageStream {
    PageStream::new(blocks)
}

/// What a posture reads in a policy; `None` where it refuses to.
pub fn policy(text: &str) -> Option<String> {
    statement::Statements::read(text).ok().map(|read| format!("{read:?}"))
}

/// Whether a pattern of a policy matches a name.
pub fn pattern_matches(pattern: &str, name: &str) -> bool {
    statement::matches(pattern, name)
}
