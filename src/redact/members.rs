//! The members of a record that hold text, always visited in the same order.

use crate::Text;
use crate::block::{Block, BlockId, Geometry};
use crate::document::{
    ExpenseDetection, ExpenseDocument, ExpenseField, ExpenseGroup, FieldType, IdentityDocument,
    LendingDetection, LendingDocument, LendingResult,
};
use crate::part::PartHead;

/// The role of a member that is in no block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role<'a> {
    /// A text of its own.
    Text,
    /// The label of a field.
    Label,
    /// The value of a field. `is_vendors` says that the field is one of the vendor's, and `labelled` that its label was
    /// visited just before it.
    Value { kind: Option<&'a str>, is_vendors: bool, labelled: bool },
    /// The value of a field in another form, which is not printed. It is visited just after the value as it is printed.
    Normalized { kind: Option<&'a str> },
    /// What Textract says of the whole response. It is not printed either.
    Notice,
}

/// A member that is in no block.
pub(super) struct Field<'a> {
    pub(super) role: Role<'a>,
    /// Where it is on its page, to be changed too.
    pub(super) place: &'a mut Option<Geometry>,
    /// The page, if the record names it.
    pub(super) page: Option<u32>,
}

/// Sees a member, and may return what it is to say instead.
pub(super) type Visit<'v> = dyn FnMut(Field<'_>, &str) -> Option<String> + 'v;

/// The texts of a block, in the order in which [`edit_block`] sees them.
pub(super) fn texts_of(block: &Block) -> impl Iterator<Item = &str> {
    let query = block.query();
    let asked = query.map(|query| query.text.as_str()).filter(|text| !text.is_empty());
    let alias = query.and_then(|query| query.alias.as_deref());
    let pages = query.and_then(|query| query.pages.as_deref()).unwrap_or_default();
    let pages = pages.iter().map(String::as_str).filter(|page| !is_page_range(page));
    block.text().into_iter().chain(asked).chain(alias).chain(pages)
}

/// Whether a text names pages, as `1`, `2-4`, `5-*` or `*` does.
pub(super) fn is_page_range(text: &str) -> bool {
    let Some((first, last)) = text.split_once('-') else { return text == "*" || page_number(text).is_some() };
    let last = if last == "*" { Some(MOST_PAGES) } else { page_number(last) };
    page_number(first).zip(last).is_some_and(|(first, last)| first <= last)
}

/// Changes a block's texts.
pub(super) fn edit_block(block: &mut Block, edit: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(text) = block.text().and_then(&mut *edit) {
        block.set_text(Some(text.into()));
    }
    let Some(query) = block.query() else { return };
    let mut new = query.clone();
    let mut changed = false;
    let mut replace = |old: &str| {
        let text = edit(old);
        changed |= text.is_some();
        text
    };
    if let Some(text) = Some(&query.text).filter(|text| !text.is_empty()).and_then(|text| replace(text)) {
        new.text = text.into();
    }
    if let Some(alias) = query.alias.as_deref().and_then(&mut replace) {
        new.alias = Some(alias.into());
    }
    for page in new.pages.iter_mut().flatten().filter(|page| !is_page_range(page)) {
        if let Some(text) = replace(page) {
            *page = text;
        }
    }
    if changed {
        block.set_query(Some(new));
    }
}

/// Visits a text that is redacted like any other. Returns whether it was changed.
fn text(field: Field<'_>, member: &mut Option<Text>, visit: &mut Visit<'_>) -> bool {
    let new = member.as_deref().and_then(|old| visit(field, old));
    let is_changed = new.is_some();
    if let Some(new) = new {
        *member = Some(new.into());
    }
    is_changed
}

/// A member by itself, of which nothing says where it is.
fn alone<'a>(role: Role<'a>, place: &'a mut Option<Geometry>) -> Field<'a> {
    Field { role, place, page: None }
}

/// Visits a member that holds a name of Textract's, if it holds anything else: that is taken for text.
fn name(member: &mut String, is_own: impl Fn(&str) -> bool, role: Role<'_>, visit: &mut Visit<'_>) {
    if !is_own(member.as_str())
        && let Some(new) = visit(alone(role, &mut None), member.as_str())
    {
        *member = new;
    }
}

/// Whether a text is written as Textract's own names are: `INVOICE_RECEIPT_ID`, `USD`, `W2`, or a UUID.
pub(super) fn is_name(text: &str) -> bool {
    is_capitals(text) || BlockId::from(text).as_uuid_bytes().is_some()
}

/// Whether a text is written as Textract's types of fields are: in capitals, digits and the signs of a form, up to 128 of
/// them, as `RECEIVER_NAME`, `CO-BORROWER_SSN`, `1_UNIT` or `LOAN_TERM_(IN_MONTHS)`.
pub(super) fn is_kind(text: &str) -> bool {
    let is_of_kind =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_-&/().,'%".contains(&byte);
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.bytes().all(is_of_kind)
}

/// Whether a text is a name in capitals: letters, digits and underscores, up to 64 of them.
pub(super) fn is_capitals(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(is_of_name)
}

/// Visits what a whole response says besides its records.
pub(super) fn visit_head(head: &mut PartHead, visit: &mut Visit<'_>) {
    text(alone(Role::Notice, &mut None), &mut head.status_message, visit);
    for warning in &mut head.warnings {
        name(&mut warning.code, is_name, Role::Notice, visit);
    }
}

fn kind_of(kind: &Option<FieldType>) -> Option<String> {
    kind.as_ref().and_then(|kind| kind.text.clone()).filter(|kind| is_kind(kind))
}

fn field_type(kind: &mut Option<FieldType>, visit: &mut Visit<'_>) {
    if let Some(kind) = kind.as_mut().and_then(|kind| kind.text.as_mut()) {
        name(kind, is_kind, Role::Text, visit);
    }
}

/// Whether a field belongs to the vendor's groups alone.
fn is_vendors(groups: &Option<Vec<ExpenseGroup>>) -> bool {
    let mut types = groups.iter().flatten().flat_map(ExpenseGroup::types).peekable();
    types.peek().is_some() && types.all(|group| group.starts_with("VENDOR"))
}

impl ExpenseDocument {
    pub(super) fn visit_own_fields(&mut self, visit: &mut Visit<'_>) {
        let summary = self.summary_fields.iter_mut().flatten();
        let groups = self.line_item_groups.iter_mut().flatten();
        let items = groups.flat_map(|group| group.line_items.iter_mut().flatten());
        let in_items = items.flat_map(|item| item.line_item_expense_fields.iter_mut().flatten());
        for field in summary.chain(in_items) {
            let ExpenseField {
                kind,
                label_detection,
                value_detection,
                currency,
                group_properties,
                page_number,
            } = field;
            field_type(kind, visit);
            let is_vendors = is_vendors(group_properties);
            let labelled = label_detection.as_ref().is_some_and(|label| label.text.is_some());
            if let Some(ExpenseDetection { text: label, geometry, .. }) = label_detection {
                text(Field { role: Role::Label, place: geometry, page: *page_number }, label, visit);
            }
            if let Some(ExpenseDetection { text: value, geometry, .. }) = value_detection {
                let kind = kind_of(kind);
                let role = Role::Value { kind: kind.as_deref(), is_vendors, labelled };
                text(Field { role, place: geometry, page: *page_number }, value, visit);
            }
            let code = currency.as_mut().and_then(|currency| currency.code.as_mut());
            let groups = group_properties.iter_mut().flatten();
            let of_groups = groups.flat_map(|group| group.types.iter_mut().flatten().chain(&mut group.id));
            for member in code.into_iter().chain(of_groups) {
                name(member, is_name, Role::Text, visit);
            }
        }
    }
}

impl IdentityDocument {
    pub(super) fn visit_own_fields(&mut self, visit: &mut Visit<'_>) {
        for field in self.identity_document_fields.iter_mut().flatten() {
            field_type(&mut field.kind, visit);
            let kind = kind_of(&field.kind);
            let Some(value) = &mut field.value_detection else { continue };
            let printed = Role::Value { kind: kind.as_deref(), is_vendors: false, labelled: false };
            let is_printed = value.text.is_some();
            let is_changed = text(alone(printed, &mut None), &mut value.text, visit);
            if let Some(normalized) = &mut value.normalized_value {
                let role = if is_printed { Role::Normalized { kind: kind.as_deref() } } else { printed };
                let is_own_changed = text(alone(role, &mut None), &mut normalized.value, visit);
                // It says the same in another form.
                if !is_own_changed && is_changed && normalized.value.is_some() {
                    normalized.value.clone_from(&value.text);
                }
            }
        }
    }
}

impl LendingResult {
    pub(super) fn visit_own_fields(&mut self, visit: &mut Visit<'_>) {
        let predictions = self.page_classification.iter_mut().flat_map(|classification| {
            let kinds = classification.page_type.iter_mut().flatten();
            kinds.chain(classification.page_number.iter_mut().flatten())
        });
        for prediction in predictions {
            if prediction.value.as_deref().is_some_and(|value| !is_name(value) && !is_page_number(value)) {
                text(alone(Role::Text, &mut None), &mut prediction.value, visit);
            }
        }
        for extraction in self.extractions.iter_mut().flatten() {
            if let Some(document) = &mut extraction.lending_document {
                document.visit_own_fields(visit);
            }
            if let Some(document) = &mut extraction.expense_document {
                document.visit_own_fields(visit);
            }
            if let Some(document) = &mut extraction.identity_document {
                document.visit_own_fields(visit);
            }
        }
    }
}

impl LendingDocument {
    fn visit_own_fields(&mut self, visit: &mut Visit<'_>) {
        for field in self.lending_fields.iter_mut().flatten() {
            if let Some(kind) = &mut field.kind {
                name(kind, is_kind, Role::Text, visit);
            }
            let kind = field.kind.clone().filter(|kind| is_kind(kind));
            let labelled = field.key_detection.as_ref().is_some_and(|key| key.text.is_some());
            if let Some(LendingDetection { text: label, geometry, .. }) = &mut field.key_detection {
                text(Field { role: Role::Label, place: geometry, page: None }, label, visit);
            }
            let values = field.value_detections.iter_mut().flatten();
            for (index, LendingDetection { text: value, geometry, .. }) in values.enumerate() {
                let labelled = labelled && index == 0;
                let role = Role::Value { kind: kind.as_deref(), is_vendors: false, labelled };
                text(Field { role, place: geometry, page: None }, value, visit);
            }
        }
    }
}

/// The most pages that a document may have, by Textract's quotas.
const MOST_PAGES: u16 = 3000;

/// The number of a page, if a text is one.
fn page_number(text: &str) -> Option<u16> {
    let is_written_so = text.starts_with(|first: char| matches!(first, '1'..='9'));
    text.parse().ok().filter(|number| is_written_so && *number <= MOST_PAGES)
}

/// Whether a text is the number of a page.
pub(super) fn is_page_number(text: &str) -> bool {
    page_number(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_fields_are_told_from_text() {
        for kind in [
            "NAME",
            "CO-BORROWER_SSN",
            "INITIAL_P&I_PAYMENT",
            "USDA/RHS",
            "1_UNIT",
            "LOAN_TERM_(IN_MONTHS)",
            "DATE_OF_APPLICANT'S_NEXT_PAY_INCREASE",
            "COLLECTIBLES_28%_GAIN",
            "UNRECAP._SEC._1250_GAIN",
            "ADDRESS_CITY_OR_TOWN,_STATE_OR_PROVINCE,_COUNTRY,_AND_ZIP_OR_FOREIGN_POSTAL_CODE",
        ] {
            assert!(is_kind(kind), "{kind}");
        }
        for text in
            ["", "Name", "JANE DOE", "-", "_A", "123-45-6789", "JANE@EXAMPLE.COM", "ÄRA", &"A".repeat(129)]
        {
            assert!(!is_kind(text), "{text}");
        }
        assert!(
            is_capitals("RECEIVER_NAME") && !is_capitals("CO-BORROWER_SSN"),
            "a type that may be written"
        );
    }

    #[test]
    fn what_tells_pages_and_what_only_looks_so() {
        for range in ["1", "2-4", "5-*", "*", "3000"] {
            assert!(is_page_range(range), "{range}");
        }
        for text in [
            "",
            "-",
            "--------",
            "**",
            "*-4",
            "1-",
            "1-2-3",
            "4-2",
            "0",
            "007",
            "+1",
            "3001",
            "12345",
            "12345-6789",
            "123-45-6789",
            "4111 1111",
            "1a",
        ] {
            assert!(!is_page_range(text), "{text:?}");
        }
    }
}
