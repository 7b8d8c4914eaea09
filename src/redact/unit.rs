//! A record on its way through the stage.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::blur;
use super::leak::Strings;
use super::look::{BETWEEN, Hits};
use super::members::{Role, edit_block, texts_of};
use super::needles::{Folded, Needles};
use super::plan::Plan;
use super::record::sealed::Record;
use super::redacted::{Redacted, RedactedRegion};
use super::redactor::Progress;
use super::regions::Regions;
use super::sheet::{LastWord, MemberId, Piece, Printed, Sheet};
use crate::document::flow::stretches;
use crate::document::{BlockRef, Document, Page};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::part::Part;

/// A record, opened.
pub(super) struct Unit<T> {
    record: T,
    documents: Vec<Document>,
    /// For each document, the first member of each block that has any.
    members: Vec<Vec<Option<MemberId>>>,
    /// The first member that is in no block.
    first_field: MemberId,
    pub(super) sheets: Vec<Sheet>,
    /// Whether the last sheet is of what the response says besides its pages.
    has_head: bool,
    /// The numbers of its pages, in order.
    pages: Vec<u32>,
}

impl<T: Record> Unit<T> {
    pub(super) fn open(mut record: T) -> Self {
        let first_page = record.first_page();
        let documents = record.take_documents();
        let mut next = 0;
        let mut members = Vec::with_capacity(documents.len());
        for document in &documents {
            let of_block = |block: BlockRef<'_>| {
                let (first, count) = (next, texts_of(block.block()).count());
                next += count;
                (count > 0).then_some(first)
            };
            members.push(document.blocks().map(of_block).collect::<Vec<_>>());
        }
        let numbers = documents.iter().flat_map(Document::pages).map(|page| page.number());
        let mut pages: BTreeSet<u32> = numbers.chain((!T::PAGED).then_some(first_page)).collect();
        let mut sheets: Vec<Sheet> = Vec::new();
        let mut fields = Sheet::new(first_page);
        let mut member = next;
        record.visit_fields(&mut |field, text| {
            let printed = match (field.role, field.page) {
                (Role::Notice, _) => Printed::Nowhere,
                (Role::Normalized { .. }, _) => Printed::As(member.saturating_sub(1)),
                (_, Some(page)) => Printed::On(page),
                (_, None) if field.place.is_some() => Printed::On(first_page),
                (_, None) => Printed::Somewhere,
            };
            pages.extend(field.page);
            fields.show_field(field.role, text, member, printed);
            member += 1;
            None
        });
        for (number, (document, first_member)) in documents.iter().zip(&members).enumerate() {
            for page in document.pages() {
                if T::PAGED || sheets.is_empty() {
                    sheets.push(Sheet::new(if T::PAGED { page.number() } else { first_page }));
                }
                if let Some(sheet) = sheets.last_mut() {
                    sheet.show_page((number, document), page, first_member);
                }
            }
        }
        let has_fields = member > next;
        if has_fields {
            match sheets.last_mut().filter(|_| !T::PAGED) {
                Some(sheet) => sheet.append(fields),
                None => sheets.push(fields),
            }
        }
        let has_head = has_fields && T::PAGED;
        let pages = pages.into_iter().collect();
        Self { record, documents, members, first_field: next, sheets, has_head, pages }
    }

    /// How much text it shows, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.sheets.iter().map(|sheet| sheet.text.len() + BETWEEN.len()).sum()
    }

    /// Redacts it. `hits` are what was detected on each sheet.
    ///
    /// # Errors
    ///
    /// [`Leak`](ErrorKind::Leak) if a detected string is left in what would come out.
    pub(super) fn redact(mut self, hits: Vec<Hits>, progress: &mut Progress<'_>) -> Result<Redacted<T>> {
        progress.report.looked_at((self.sheets.len() - usize::from(self.has_head)) as u64);
        let needles = self.needles(&hits, progress)?;
        let mut plan = Plan::default();
        for (index, (sheet, hits)) in self.sheets.iter().zip(&hits).enumerate() {
            plan.enter(progress, sheet, hits, needles.of(index))?;
        }
        // Lines repeat what their words say, even if that is too short to be searched for.
        if !plan.is_empty() || self.sheets.iter().enumerate().any(|(index, _)| !needles.of(index).is_empty())
        {
            for (index, sheet) in self.sheets.iter().enumerate() {
                self.enter_lines(&mut plan, progress, sheet, needles.of(index))?;
            }
        }
        let regions = match plan.is_empty() {
            true => Vec::new(),
            false => self.apply(&mut plan, progress.settings.blur_geometry)?,
        };
        self.check(&plan, &needles)?;
        self.record.put_documents(self.documents);
        Ok(Redacted::new(self.record, regions, self.pages))
    }

    /// The strings that must not come out with each sheet.
    fn needles(&self, hits: &[Hits], progress: &Progress<'_>) -> Result<Strung> {
        if progress.settings.sweep {
            return Ok(Strung { own: Vec::new(), swept: Some(Arc::clone(progress.swept)) });
        }
        let mut own: Vec<Needles> = Vec::with_capacity(self.sheets.len());
        for hits in hits {
            let mut needles = Needles::default();
            hits.strings.iter().for_each(|(pii_type, text)| needles.add(text, pii_type));
            own.push(needles);
        }
        if self.has_head
            && let Some((head, pages)) = own.split_last_mut()
        {
            pages.iter().for_each(|page| head.extend(page));
        }
        own.iter_mut().try_for_each(Needles::prepare)?;
        Ok(Strung { own, swept: None })
    }

    fn enter_lines(
        &self,
        plan: &mut Plan,
        progress: &mut Progress<'_>,
        sheet: &Sheet,
        needles: &Needles,
    ) -> Result<()> {
        for (document, index, member) in &sheet.lines {
            let of_block = self.members.get(*document);
            let line =
                self.documents.get(*document).and_then(|document| document.block_ref(*index)?.as_line());
            let (Some(of_block), Some(line)) = (of_block, line) else { continue };
            let words = stretches(line).into_iter().filter_map(|(range, word)| {
                let member = of_block.get(word?.index() as usize).copied()??;
                Some((range, member))
            });
            let words: Vec<_> = words.collect();
            plan.enter_line(progress, line.page_number(), (*member, line.text()), &words, needles)?;
        }
        Ok(())
    }

    /// Makes the planned changes, and returns their places.
    fn apply(&mut self, plan: &mut Plan, blurs: bool) -> Result<Vec<RedactedRegion>> {
        let mut regions = Regions::default();
        let mut failed = None;
        let mut rewrite = |plan: &mut Plan, member, old: &str| match plan.rewrite(member, old) {
            Ok(new) => new,
            Err(error) => {
                failed.get_or_insert(error);
                None
            }
        };
        for (document, members) in self.documents.iter_mut().zip(&self.members) {
            regions.of_blocks(document, members, plan);
            let is_touched = |index: u32| {
                members.get(index as usize).copied().flatten().is_some_and(|member| plan.touches(member))
            };
            let blurred = if blurs { blur::places(document, is_touched) } else { Vec::new() };
            let first = document.pages().next().map_or(1, |page| page.number());
            let empty = Document::from_blocks(Vec::new());
            let Part { head, mut records, .. } = std::mem::replace(document, empty).into_part();
            for (block, first_member) in records.iter_mut().zip(members) {
                let Some(mut member) = *first_member else { continue };
                edit_block(block, &mut |old| {
                    let new = rewrite(plan, member, old);
                    member += 1;
                    new
                });
            }
            for (index, geometry) in blurred {
                if let Some(block) = records.get_mut(index as usize) {
                    block.set_geometry(Some(geometry));
                }
            }
            *document = Document::beginning_at(first, head, records);
        }
        let first_page = self.sheets.first().map_or(1, |sheet| sheet.page);
        let mut member = self.first_field;
        self.record.visit_fields(&mut |field, old| {
            let new = rewrite(plan, member, old);
            if let Some(geometry) = field.place.as_mut().filter(|_| plan.touches(member)) {
                regions.add(field.page.unwrap_or(first_page), geometry, member, plan);
                if blurs {
                    *geometry = blur::blurred(geometry);
                }
            }
            member += 1;
            new
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(regions.end(plan, &self.pages)),
        }
    }

    /// The leak check.
    fn check(&self, plan: &Plan, needles: &Strung) -> Result<()> {
        let leak = |page: u32| {
            let message = format!(
                "a string that was detected as personal data is left on page {page}: it did not come out"
            );
            Error::new(ErrorKind::Leak, Stage::Redact, message)
        };
        let last = self.sheets.len().saturating_sub(1);
        for (index, sheet) in self.sheets.iter().enumerate() {
            let needles = needles.of(index);
            if needles.is_empty() {
                continue;
            }
            // A string that is spread over several words is not in any single member.
            let mut words = LastWord::default();
            let is_left = |piece: &Piece| !plan.touches(piece.member);
            let mut places = needles.find(&Folded::of(&sheet.text)).into_iter();
            if let Some((range, _)) =
                places.find(|(range, _)| sheet.pieces(range, &mut words).iter().any(is_left))
            {
                return Err(leak(sheet.page_at(&range)));
            }
            let mut strings = Strings::new(needles, &plan.written);
            if !T::PAGED {
                self.documents.iter().flat_map(Document::blocks).for_each(|block| strings.of(block.block()));
            } else if !(self.has_head && index == last) {
                let page = self.documents.iter().find_map(|document| document.page(sheet.page));
                page.into_iter()
                    .flat_map(|page: Page<'_>| page.blocks())
                    .for_each(|block| strings.of(block.block()));
            }
            if index == last {
                self.record.strings(&mut strings);
            }
            if strings.found() {
                return Err(leak(sheet.page));
            }
        }
        Ok(())
    }
}

/// The strings of each sheet, or those of all.
struct Strung {
    own: Vec<Needles>,
    swept: Option<Arc<Needles>>,
}

impl Strung {
    fn of(&self, sheet: usize) -> &Needles {
        static NONE: LazyLock<Needles> = LazyLock::new(Needles::default);
        self.swept.as_deref().or_else(|| self.own.get(sheet)).unwrap_or_else(|| &NONE)
    }
}
