//! The output files of a job for personal data, which are in a folder and not in an archive.

use std::collections::VecDeque;

use tracing::debug;

use super::Limits;
use super::object::SealedObject;
use crate::clients::{Clients, send};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;
use crate::output::next_token;

/// What is appended to the name of an input file for that of its output file.
const SUFFIX: &str = ".out";

/// The object that Comprehend writes to check that it may write, and leaves behind.
const CHECK: &str = ".write_access_check_file.temp";

/// The folder of one job.
pub(super) struct OutputFolder {
    clients: Clients,
    seal: Seal,
    /// With a slash at its end.
    folder: String,
    listed: VecDeque<Listed>,
    next_page: Page,
    object: Option<SealedObject>,
    limits: Limits,
    files: u64,
    bytes: u64,
    /// How many objects are not output.
    strangers: u64,
}

/// An object as the listing describes it. Only the listing says how long it has to be: lines alone do not show that
/// some are missing.
struct Listed {
    key: String,
    etag: Option<String>,
    size: Option<u64>,
}

enum Page {
    First,
    After(String),
    None,
}

impl OutputFolder {
    pub(super) fn new(clients: &Clients, seal: &Seal, folder: String, limits: Limits) -> Self {
        Self {
            clients: clients.clone(),
            seal: seal.clone(),
            folder,
            listed: VecDeque::new(),
            next_page: Page::First,
            object: None,
            limits,
            files: 0,
            bytes: 0,
            strangers: 0,
        }
    }

    /// The name of the next input file, whose output was verified; `None` after the last.
    pub(super) async fn next_file(&mut self) -> Result<Option<String>> {
        self.object = None;
        loop {
            if let Some(Listed { key, etag, size }) = self.listed.pop_front() {
                self.files += 1;
                if self.files > self.limits.files {
                    return Err(self.limits.too_many_files(&self.folder));
                }
                let name = key.strip_prefix(&self.folder).and_then(|name| name.strip_suffix(SUFFIX));
                let name = name.unwrap_or(&key).to_owned();
                self.object = Some(SealedObject::open_as(&self.clients, &self.seal, &key, etag, size).await?);
                return Ok(Some(name));
            }
            if !self.list().await? {
                break;
            }
        }
        debug!(files = self.files, strangers = self.strangers, "listed");
        if self.files == 0 {
            let message = "there is no output in the job's folder: was it moved, or has it expired?";
            return Err(Error::new(ErrorKind::Incomplete, Stage::List, message).at_object(&self.folder));
        }
        Ok(None)
    }

    /// The next piece of the file; `None` at its end.
    pub(super) async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(object) = &mut self.object else { return Ok(None) };
        let piece = object.next().await?;
        self.bytes = self.bytes.saturating_add(piece.as_ref().map_or(0, Vec::len) as u64);
        if self.bytes > self.limits.bytes {
            return Err(self.limits.too_many_bytes().at_object(&self.folder));
        }
        Ok(piece)
    }

    /// Lists another page of keys, and returns whether there was one.
    async fn list(&mut self) -> Result<bool> {
        let continuation = match std::mem::replace(&mut self.next_page, Page::None) {
            Page::First => None,
            Page::After(token) => Some(token),
            Page::None => return Ok(false),
        };
        let call = self
            .clients
            .s3()
            .list_objects_v2()
            .bucket(self.seal.bucket().as_str())
            .prefix(&self.folder)
            .set_expected_bucket_owner(self.seal.bucket_owner().map(ToString::to_string))
            .set_continuation_token(continuation.clone());
        let page = send(Stage::List, "ListObjectsV2", call.send()).await?;
        self.next_page =
            next_token(&page, continuation.as_deref(), &self.folder)?.map_or(Page::None, Page::After);
        for object in page.contents.unwrap_or_default() {
            let size = object.size().and_then(|size| size.try_into().ok());
            let Some(key) = object.key else { continue };
            if key.ends_with(SUFFIX) {
                self.listed.push_back(Listed { key, etag: object.e_tag, size });
            } else if key.strip_prefix(&self.folder) != Some(CHECK) {
                self.strangers += 1;
            }
        }
        Ok(true)
    }
}
