//! What is filed for each family.

use futures::Stream;

use crate::clients::Clients;
use crate::document::{Document, ExpenseDocument, LendingResult};
use crate::error::Result;
use crate::job::{Analysis, CompletedJob, Expense, Family, Lending, TextDetection};
use crate::redact::{Redactable, Redacted, RedactedStream, RedactedText, Redactor};
use crate::render::{Format, Render};
use crate::store::Unredacted;
use crate::stream::{Completeness, ExpenseStream, LendingStream, PageBlocks, PageStream};

/// A family whose results can be filed: all four can. It cannot be implemented outside of the crate.
pub trait Fileable: sealed::Results {}

impl<F: sealed::Results> Fileable for F {}

pub(super) mod sealed {
    use super::*;

    pub trait Results: Family {
        type Item: Redactable + Unpin;
        type Stream: Stream<Item = Result<Self::Item>> + Send + Unpin;

        fn results(job: &CompletedJob<Self>, clients: &Clients) -> Self::Stream;
        fn redact(results: Self::Stream, redactor: &Redactor) -> RedactedStream<Self::Stream, Self::Item>;
        fn completeness(results: &Self::Stream) -> Option<&Completeness>;
        fn completeness_of_redacted(
            results: &RedactedStream<Self::Stream, Self::Item>,
        ) -> Option<&Completeness>;

        /// The number in the name of its file; the item is the `index`th of its job.
        fn number(item: &Self::Item, index: u64) -> u64;
        fn format(render: &Render) -> Format;
        fn redacted(item: Redacted<Self::Item>, render: &Render) -> Result<RedactedText>;
        fn unredacted(item: Self::Item, render: &Render) -> Result<Unredacted>;
    }
}

/// How a family reads its results, and how it writes each of them.
macro_rules! results {
    ($family:ty, $stream:ident of $item:ident by $read:ident, { $($rest:tt)* }) => {
        impl sealed::Results for $family {
            type Item = $item;
            type Stream = $stream;

            fn results(job: &CompletedJob<Self>, clients: &Clients) -> $stream {
                job.$read(clients)
            }

            fn redact(results: $stream, redactor: &Redactor) -> RedactedStream<$stream, $item> {
                results.redact(redactor)
            }

            fn completeness(results: &$stream) -> Option<&Completeness> {
                results.completeness()
            }

            fn completeness_of_redacted(results: &RedactedStream<$stream, $item>) -> Option<&Completeness> {
                results.completeness()
            }

            $($rest)*
        }
    };
}

/// Pages, rendered as requested.
macro_rules! pages {
    ($family:ty) => {
        results!($family, PageStream of PageBlocks by pages, {
            fn number(page: &PageBlocks, _: u64) -> u64 {
                page.number.into()
            }

            fn format(render: &Render) -> Format {
                render.format()
            }

            fn redacted(page: Redacted<PageBlocks>, render: &Render) -> Result<RedactedText> {
                Ok(page.into_document().render(render))
            }

            fn unredacted(page: PageBlocks, render: &Render) -> Result<Unredacted> {
                Ok(Unredacted::of(&Document::from(page), render))
            }
        });
    };
}

/// Records, which can only be rendered as JSON.
macro_rules! records {
    ($family:ty, $stream:ident of $item:ident by $read:ident) => {
        results!($family, $stream of $item by $read, {
            fn number(_: &$item, index: u64) -> u64 {
                index
            }

            fn format(_: &Render) -> Format {
                Format::Json
            }

            fn redacted(record: Redacted<$item>, _: &Render) -> Result<RedactedText> {
                record.to_json()
            }

            fn unredacted(record: $item, _: &Render) -> Result<Unredacted> {
                Unredacted::json(&record)
            }
        });
    };
}

pages!(TextDetection);
pages!(Analysis);
records!(Expense, ExpenseStream of ExpenseDocument by documents);
records!(Lending, LendingStream of LendingResult by results);
