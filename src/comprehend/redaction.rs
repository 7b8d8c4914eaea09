//! What a redaction job removes, and what it puts in its place.

use aws_sdk_comprehend::types as sdk;

use crate::error::{Error, Result};
use crate::job::Digest;
use crate::redact::PiiType;

/// The characters that Comprehend masks with.
const MASKS: [char; 7] = ['!', '@', '#', '$', '%', '&', '*'];

/// What a redaction job removes, and what it puts in its place.
///
/// Follows "RedactionConfig" in the Amazon Comprehend API reference.
///
/// ```
/// use inkseal::comprehend::{Mask, Redaction};
/// use inkseal::redact::PiiType;
///
/// let all = Redaction::all(Mask::Type);
/// let some = Redaction::of([PiiType::Name, PiiType::Ssn], Mask::Character('*'));
/// assert_ne!(all, some);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// `None` for all.
    types: Option<Vec<PiiType>>,
    mask: Mask,
}

/// What replaces personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mask {
    /// Its type, such as `[NAME]`.
    #[default]
    Type,
    /// This character in place of each of its characters: one of `!@#$%&*`.
    Character(char),
}

impl Redaction {
    /// Every type of personal data that Comprehend knows, including those that it will know later (`ALL`).
    pub fn all(mask: Mask) -> Self {
        Self { types: None, mask }
    }

    /// These types only; everything else stays.
    pub fn of(types: impl IntoIterator<Item = PiiType>, mask: Mask) -> Self {
        let mut types: Vec<PiiType> = types.into_iter().collect();
        types.sort();
        types.dedup();
        Self { types: Some(types), mask }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.types.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid(
                "the redaction names no type of personal data: name some, or use all",
            ));
        }
        match self.mask {
            Mask::Character(mask) if !MASKS.contains(&mask) => {
                Err(Error::invalid(format!("the mask {mask:?} is none of ! @ # $ % & *")))
            }
            _ => Ok(()),
        }
    }

    fn type_names(&self) -> Vec<&str> {
        match &self.types {
            None => vec!["ALL"],
            Some(types) => types.iter().map(PiiType::as_str).collect(),
        }
    }

    pub(super) fn identify(&self, digest: &mut Digest) {
        digest.list(self.type_names().into_iter().map(str::to_owned));
        digest.field("mask", self.character().as_deref());
    }

    fn character(&self) -> Option<String> {
        match self.mask {
            Mask::Type => None,
            Mask::Character(mask) => Some(mask.to_string()),
        }
    }

    pub(super) fn to_sdk(&self) -> sdk::RedactionConfig {
        let mode = match self.mask {
            Mask::Type => sdk::PiiEntitiesDetectionMaskMode::ReplaceWithPiiEntityType,
            Mask::Character(_) => sdk::PiiEntitiesDetectionMaskMode::Mask,
        };
        sdk::RedactionConfig::builder()
            .set_pii_entity_types(Some(self.type_names().into_iter().map(Into::into).collect()))
            .mask_mode(mode)
            .set_mask_character(self.character())
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_types_are_checked() {
        assert!(MASKS.iter().all(|mask| Redaction::all(Mask::Character(*mask)).check().is_ok()));
        for mask in ['x', ' ', '█', '^'] {
            assert!(Redaction::all(Mask::Character(mask)).check().is_err(), "{mask}");
        }
        assert!(Redaction::of([], Mask::Type).check().is_err());
        assert!(Redaction::of([PiiType::Name], Mask::Type).check().is_ok());
    }

    #[test]
    fn the_order_of_types_does_not_matter() {
        let one = Redaction::of([PiiType::Name, PiiType::Age, PiiType::Name], Mask::Type);
        assert_eq!(one, Redaction::of([PiiType::Age, PiiType::Name], Mask::Type));
    }
}
