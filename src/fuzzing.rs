//! Access for the targets in `fuzz/` to what is not public. No other build has this module.

use futures::stream::{self, StreamExt};

use crate::Limits;
use crate::block::Block;
use crate::part::{Part, Warning};
use crate::stream::{BlockStream, Expected, PageStream};

// The module alone: the feature `posture` would bring the clients of three more services.
#[allow(dead_code, reason = "the targets use only a part of what a posture uses")]
#[path = "posture/statement.rs"]
mod statement;

/// The blocks of parts, as of a job whose end said this.
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

/// What a posture reads in a policy; `None` if it refuses to.
pub fn policy(text: &str) -> Option<String> {
    statement::Statements::read(text).ok().map(|read| format!("{read:?}"))
}

/// Whether a pattern of a policy matches a name.
pub fn pattern_matches(pattern: &str, name: &str) -> bool {
    statement::matches(pattern, name)
}
