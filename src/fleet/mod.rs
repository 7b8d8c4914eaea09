//! Many documents, within the quotas of an account.
//!
//! A [`Submitter`] turns a stream of [`Document`]s into sealed jobs: a [`Budget`] keeps it within the account's quotas
//! and finds out what they really are, documents of different tags take turns, and a [`Journal`] lets a run that was
//! killed be continued without a document lost or started twice.
//!
//! ```text
//! Stream<Document>      a list, a channel, a Listing of a prefix
//!     |                 at most `window` documents ahead of the outcomes
//! Journal               what is known of it? completed: skipped; started: resumed
//!     |
//! turns                 one document of each tag, round and round
//!     |
//! Budget                a place among the concurrent jobs
//!     |
//! Journal               "about to be started, with this token": durable
//!     |
//! Budget                a turn at the Start rate
//!     |
//! Start                 sent once; what failed transiently goes back to the turns
//!     |
//! Journal               "started, as this job": durable
//!     |
//! Stream<Outcome>       Submitted, Resumed, Ended, Failed, Undecided
//! ```
//!
//! # Time
//!
//! The narrowest limit decides how long a run takes. With the default quotas of us-east-1 and jobs that are short
//! enough, that is the Start rate, and time grows with the number of documents `N` alone: `N` / rate, plus the
//! duration of the last job.
//!
//! | documents | text, 15 per second | analysis, 10 per second | expense and lending, 5 per second |
//! | --- | --- | --- | --- |
//! | 1 | at once | at once | at once |
//! | 100 | 7 s | 10 s | 20 s |
//! | 1,000 | 1.1 min | 1.7 min | 3.3 min |
//! | 10,000 | 11 min | 17 min | 33 min |
//! | 100,000 | 1.9 h | 2.8 h | 5.6 h |
//! | 1,000,000 | 19 h | 28 h | 2.3 days |
//! | 10,000,000 | 7.7 days | 11.6 days | 23 days |
//!
//! Up to about a thousand documents most of the time is the duration of one job, and no quota is worth raising. Up to
//! a hundred thousand a run fits into a working day. Beyond that, ask AWS for a higher Start rate ("Amazon Textract
//! quotas" in the Service Quotas console), as everything below grows with it. More machines change nothing: the quotas
//! are those of an account in a Region, so several submitters only share them, each with a [`Quota`] for its part.
//!
//! # Cost
//!
//! Textract bills pages, and neither Start nor Get. A document of `p` pages at a price of `c` per page costs `p · c`,
//! independently of the number of documents: 10,000,000 pages at 1.50 USD per thousand are 15,000 USD. All other costs
//! grow with the documents too, and are small: the requests for one document are
//!
//! | requests | by |
//! | --- | --- |
//! | 1 Start, and about 1.05 while the budget searches for the quota | the submitter |
//! | 1/1000 `ListObjectsV2` | a [`Listing`] |
//! | 1 `PutObject` for each 1,000 blocks, and one for `.s3_access_check` | Textract |
//! | 1 `ListObjectsV2`, and 1 `GetObject` for each 1,000 blocks | whoever reads the output |
//! | 1 call of KMS for each object written and read, fewer with an S3 Bucket Key | S3 |
//! | 1 publication, and 2 requests to the queue (fewer in batches) | the announcement of the end |
//!
//! `DescribeKey` is called once in five minutes. A start that is repeated with the same token costs nothing within
//! seven days; after that it costs the pages again, which is why an older one is [left to the
//! caller](Doubt::TokenExpired).
//!
//! # Where each limit bites
//!
//! | limit | in us-east-1 | bites | what then |
//! | --- | --- | --- | --- |
//! | Start calls per second | 15 text, 10 analysis, 5 others | from some hundred documents on, always | the table above; raise it first |
//! | concurrent jobs | 600 | if a job takes longer than 600 / Start rate on average: 40 s text, 60 s analysis, 2 min others | the run proceeds at 600 / duration: 2 per second for jobs of 5 minutes |
//! | Get calls per second | 25 text and lending, 10 analysis, 5 expense | only if jobs are polled: `k` polls of each job allow rate / `k` jobs per second, so two polls halve analysis | read completions from a queue, which needs no Get at all; see [`Submitter::wait_with`] |
//! | tokens and Get results | 7 days | if a run is resumed more than 7 days after it broke off; from 6,000,000 documents of analysis on a run itself is longer than that | what was about to be started then is [`Undecided`](Outcome::Undecided); the output in the bucket stays |
//! | listing | 1,000 keys per page | never the pace: at 10 per second a page lasts 100 s; 10,000,000 keys are 10,000 requests | nothing is listed ahead of the window |
//! | the window | [`DEFAULT_WINDOW`] documents | fairness: behind a window full of one tag of a stream, other tags wait | a stream for each tag |
//! | memory | 1 to 4 KB for each document in the window, 0.2 KB for each running job, 29 to 57 bytes for each document in a [`FileJournal`] | 10,000,000 documents: 0.3 to 0.6 GB, nearly all of it the journal | a journal for each batch |
//! | the journal's disk | 0.9 KB per document, 0.1 KB compacted | 10,000,000 documents: 9 GB, then 1 GB | [`FileJournal::compact`] between runs |
//! | the journal's syncs | as many per second as the disk has | by calculation only if a sync takes about 0.3 s or longer: records that arrive during one sync share the next | `cargo bench --bench fleet` measures a disk |
//!
//! # Personal data
//!
//! Keys of objects may say something about people. They are in the journal's file, in what comes out of the streams,
//! in the requests to Textract, which CloudTrail records, and in the manifests of a [filing](Filing). They are in no
//! log line and in no `Debug` of this module's own types, nor in that of a [completion](crate::notify::Completion);
//! errors name the object that they are about, and the `Debug` of a job, which is part of that of an [`Outcome`],
//! shows its input.
//!
//! # Logs
//!
//! At INFO the opening of a journal and the end of a run with its [`Tally`]; at DEBUG each document by its job and
//! each change of the budget.

mod budget;
mod document;
#[cfg(feature = "sqs")]
mod filing;
mod held;
mod journal;
mod limit;
mod listing;
mod outcome;
mod quota;
mod steps;
mod submissions;
mod submitter;
mod turns;
#[cfg(feature = "sqs")]
mod worker;

pub use self::budget::{Budget, Permit, RECOVERY};
pub use self::document::{Document, DocumentId, InvalidDocumentId};
#[cfg(feature = "sqs")]
pub use self::filing::{Fileable, Filed, Filing};
pub use self::journal::{Compacted, DocumentState, Entry, FileJournal, Journal, JournalError, MemoryJournal};
pub use self::listing::{Listing, list_prefix};
pub use self::outcome::{Doubt, Outcome, Tally};
pub use self::quota::Quota;
pub use self::submissions::Submissions;
pub use self::submitter::{DEFAULT_MAX_ATTEMPTS, DEFAULT_WINDOW, Submitter};
#[cfg(feature = "sqs")]
pub use self::worker::{Worked, Worker, WorkerTally};
