//! What can be redacted, opened into what the stage works on: documents of blocks, and fields besides them.

use super::leak::Strings;
use super::members::{self, Visit};
use crate::block::Block;
use crate::document::{Document, ExpenseDocument, IdentityDocument, LendingResult};
use crate::part::PartHead;
use crate::stream::PageBlocks;

/// What the stage can redact: [`PageBlocks`], a [`Document`], an [`ExpenseDocument`], an [`IdentityDocument`] and a
/// [`LendingResult`].
pub trait Redactable: sealed::Record {}

impl<T: sealed::Record> Redactable for T {}

pub(super) mod sealed {
    use super::*;

    pub trait Record: Sized + Send + 'static {
        /// Whether its pages are examined one by one, and not all as a single text.
        const PAGED: bool;

        /// The page that it begins on.
        fn first_page(&self) -> u32;

        /// Takes out its blocks, as a document for each list of them.
        fn take_documents(&mut self) -> Vec<Document>;

        /// Puts them back, in the same order.
        fn put_documents(&mut self, documents: Vec<Document>);

        /// Visits the texts that are in no block.
        #[expect(private_interfaces, reason = "only this crate can call it")]
        fn visit_fields(&mut self, visit: &mut Visit<'_>);

        /// Gives every string that it writes, except those of its blocks, to the leak check.
        #[expect(private_interfaces, reason = "only this crate can call it")]
        fn strings(&self, strings: &mut Strings<'_>);
    }
}

use sealed::Record;

impl Record for PageBlocks {
    const PAGED: bool = true;

    fn first_page(&self) -> u32 {
        self.number
    }

    fn take_documents(&mut self) -> Vec<Document> {
        let blocks = std::mem::take(&mut self.blocks);
        vec![Document::beginning_at(self.number, PartHead::default(), blocks)]
    }

    fn put_documents(&mut self, documents: Vec<Document>) {
        self.blocks = documents.into_iter().flat_map(|document| document.into_part().records).collect();
    }

    #[expect(private_interfaces, reason = "as declared")]
    fn visit_fields(&mut self, _: &mut Visit<'_>) {}

    #[expect(private_interfaces, reason = "as declared")]
    fn strings(&self, _: &mut Strings<'_>) {}
}

impl Record for Document {
    const PAGED: bool = true;

    fn first_page(&self) -> u32 {
        self.pages().next().map_or(1, |page| page.number())
    }

    fn take_documents(&mut self) -> Vec<Document> {
        let head = std::mem::take(self.head_mut());
        let mut empty = Self::from_blocks(Vec::new());
        *empty.head_mut() = head;
        vec![std::mem::replace(self, empty)]
    }

    fn put_documents(&mut self, documents: Vec<Document>) {
        for mut document in documents {
            *document.head_mut() = std::mem::take(self.head_mut());
            *self = document;
        }
    }

    #[expect(private_interfaces, reason = "as declared")]
    fn visit_fields(&mut self, visit: &mut Visit<'_>) {
        members::visit_head(self.head_mut(), visit);
    }

    #[expect(private_interfaces, reason = "as declared")]
    fn strings(&self, strings: &mut Strings<'_>) {
        strings.of(self);
    }
}

/// Takes the blocks of a record, if it has any.
fn take(page: u32, blocks: &mut Option<Vec<Block>>) -> Option<Document> {
    blocks.as_mut().map(|blocks| Document::beginning_at(page, PartHead::default(), std::mem::take(blocks)))
}

fn put(blocks: &mut Option<Vec<Block>>, documents: &mut impl Iterator<Item = Document>) {
    if let Some(blocks) = blocks {
        *blocks = documents.next().map(|document| document.into_part().records).unwrap_or_default();
    }
}

macro_rules! records_with_blocks {
    ($($name:ident),+) => {
        $(impl Record for $name {
            const PAGED: bool = false;

            fn first_page(&self) -> u32 {
                crate::part::Record::page(self).unwrap_or(1)
            }

            fn take_documents(&mut self) -> Vec<Document> {
                take(self.first_page(), &mut self.blocks).into_iter().collect()
            }

            fn put_documents(&mut self, documents: Vec<Document>) {
                put(&mut self.blocks, &mut documents.into_iter());
            }

            #[expect(private_interfaces, reason = "as declared")]
            fn visit_fields(&mut self, visit: &mut Visit<'_>) {
                self.visit_own_fields(visit);
            }

            #[expect(private_interfaces, reason = "as declared")]
            fn strings(&self, strings: &mut Strings<'_>) {
                strings.of(self);
            }
        })+
    };
}

records_with_blocks!(ExpenseDocument, IdentityDocument);

impl Record for LendingResult {
    const PAGED: bool = false;

    fn first_page(&self) -> u32 {
        self.page.unwrap_or(1)
    }

    fn take_documents(&mut self) -> Vec<Document> {
        let page = self.first_page();
        let mut documents = Vec::new();
        for extraction in self.extractions.iter_mut().flatten() {
            documents.extend(extraction.expense_document.as_mut().and_then(|of| take(page, &mut of.blocks)));
            documents.extend(extraction.identity_document.as_mut().and_then(|of| take(page, &mut of.blocks)));
        }
        documents
    }

    fn put_documents(&mut self, documents: Vec<Document>) {
        let mut documents = documents.into_iter();
        for extraction in self.extractions.iter_mut().flatten() {
            if let Some(of) = &mut extraction.expense_document {
                put(&mut of.blocks, &mut documents);
            }
            if let Some(of) = &mut extraction.identity_document {
                put(&mut of.blocks, &mut documents);
            }
        }
    }

    #[expect(private_interfaces, reason = "as declared")]
    fn visit_fields(&mut self, visit: &mut Visit<'_>) {
        self.visit_own_fields(visit);
    }

    #[expect(private_interfaces, reason = "as declared")]
    fn strings(&self, strings: &mut Strings<'_>) {
        strings.of(self);
    }
}
