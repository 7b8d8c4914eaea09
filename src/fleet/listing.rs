//! The documents under a prefix.

use std::fmt;
use std::time::Duration;
use std::vec;

use aws_sdk_s3::types::Object;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::sleep;
use tracing::debug;

use super::document::Document;
use crate::backoff::full_jitter;
use crate::clients::{Clients, send};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::output::next_token;
use crate::resource::{AccountId, Bucket, JobTag, S3Object};

/// How often a page of the listing is requested if requests fail transiently. Each includes the SDK's own retries;
/// together they bridge several minutes.
const ATTEMPTS: u32 = 10;

/// The objects of a bucket as documents, in the order in which S3 lists them.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use inkseal::fleet::Listing;
///
/// # async fn example(clients: inkseal::Clients) -> inkseal::Result<()> {
/// let listing = Listing::new("amzn-s3-demo-source".parse()?).prefix("scans/2024/");
/// let mut documents = listing.documents(&clients);
/// while let Some(document) = documents.try_next().await? {
///     println!("{document:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// It holds one page of at most 1,000 keys, and requests the next when that is used up. Empty objects whose key ends in a
/// slash are the folders of the S3 console and are left out. The content of an object is not inspected: one that
/// Textract does not read fails by itself.
///
/// A key that no document may have (`#`, or control characters) comes out as an error that gives its number in the
/// listing, and the listing continues. If a page cannot be fetched, the stream ends with that error: what is behind it
/// was **not** seen.
#[derive(Clone)]
#[must_use]
pub struct Listing {
    bucket: Bucket,
    prefix: String,
    owner: Option<AccountId>,
    tag: Option<JobTag>,
}

/// A listing under way.
struct Reading {
    clients: Clients,
    listing: Listing,
    page: vec::IntoIter<Object>,
    next: Next,
    /// The objects that were listed so far.
    listed: u64,
}

enum Next {
    First,
    Token(String),
    End,
}

/// The objects under a prefix of a bucket as documents: [`Listing::new`] with only a prefix.
///
/// # Cancel safety
///
/// As [`Listing::documents`].
pub fn list_prefix(
    clients: &Clients,
    bucket: Bucket,
    prefix: impl Into<String>,
) -> BoxStream<'static, Result<Document>> {
    Listing::new(bucket).prefix(prefix).documents(clients)
}

impl Listing {
    /// All objects of a bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, prefix: String::new(), owner: None, tag: None }
    }

    /// Only objects whose key begins with this. A slash at the end makes it a folder: `scans-old/1.pdf` begins with
    /// `scans` too.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The account that must own the bucket; S3 refuses the listing if another does.
    pub fn expected_bucket_owner(mut self, account: AccountId) -> Self {
        self.owner = Some(account);
        self
    }

    /// The tag that every document gets.
    pub fn tag(mut self, tag: JobTag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// The documents. Nothing is requested before the stream is polled.
    ///
    /// # Errors
    ///
    /// The stream ends with an error of `ListObjectsV2`, whose [`object`](Error::object) is the bucket and the prefix as
    /// `s3://BUCKET/PREFIX`; throttling and transient failures are waited out first. It continues after
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key that no document may have.
    ///
    /// # Cancel safety
    ///
    /// Dropping a `next()` of the stream loses nothing. Dropping the stream ends the listing; another one begins at
    /// the first object.
    pub fn documents(self, clients: &Clients) -> BoxStream<'static, Result<Document>> {
        let reading = Reading {
            clients: clients.clone(),
            listing: self,
            page: Vec::new().into_iter(),
            next: Next::First,
            listed: 0,
        };
        stream::unfold(reading, |mut reading| async move { reading.next().await.map(|item| (item, reading)) })
            .boxed()
    }
}

/// Whether another request may succeed; a page that was cut short is requested again too.
fn passes(error: &Error) -> bool {
    error.is_retryable() || error.kind() == ErrorKind::Incomplete
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Document>> {
        loop {
            if let Some(object) = self.page.next() {
                self.listed += 1;
                match self.document(object) {
                    Some(document) => return Some(document),
                    None => continue,
                }
            }
            let continuation = match std::mem::replace(&mut self.next, Next::End) {
                Next::First => None,
                Next::Token(token) => Some(token),
                Next::End => return None,
            };
            if let Err(error) = self.fetch(continuation).await {
                return Some(Err(error));
            }
        }
    }

    fn document(&self, object: Object) -> Option<Result<Document>> {
        let key = object.key?;
        if key.ends_with('/') && object.size == Some(0) {
            return None;
        }
        let Listing { bucket, tag, .. } = &self.listing;
        let document = S3Object::new(bucket.clone(), key).map(|object| match tag {
            Some(tag) => Document::new(object).tagged(tag.clone()),
            None => Document::new(object),
        });
        let number = self.listed;
        Some(document.map_err(|name| {
            Error::invalid(format!("object {number} of the listing has a key that no document may have"))
                .caused_by(name)
        }))
    }

    async fn fetch(&mut self, continuation: Option<String>) -> Result<()> {
        let Listing { bucket, prefix, owner, tag: _ } = &self.listing;
        let mut attempt = 1;
        let (next, page) = loop {
            let page = self
                .clients
                .s3()
                .list_objects_v2()
                .bucket(bucket.as_str())
                .set_prefix((!prefix.is_empty()).then(|| prefix.clone()))
                .set_expected_bucket_owner(owner.as_ref().map(ToString::to_string))
                .set_continuation_token(continuation.clone());
            let page = send(Stage::List, "ListObjectsV2", page.send()).await;
            match page.and_then(|page| Ok((next_token(&page, continuation.as_deref(), prefix)?, page))) {
                Ok(page) => break page,
                Err(error) if passes(&error) && attempt < ATTEMPTS => {
                    let pause = full_jitter(attempt, Duration::from_secs(1), Duration::from_secs(60));
                    debug!(attempt, kind = ?error.kind(), ?pause, "listing again");
                    sleep(pause).await;
                    attempt += 1;
                }
                Err(error) => return Err(error.at_object(&format!("s3://{bucket}/{prefix}"))),
            }
        };
        if let Some(token) = next {
            self.next = Next::Token(token);
        }
        self.page = page.contents.unwrap_or_default().into_iter();
        Ok(())
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, prefix: _, owner, tag } = self;
        f.debug_struct("Listing")
            .field("bucket", bucket)
            .field("owner", owner)
            .field("tag", tag)
            .finish_non_exhaustive()
    }
}
