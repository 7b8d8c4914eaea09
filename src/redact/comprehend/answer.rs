//! Comprehend's answers, which are not trusted either.

use aws_sdk_comprehend::types::{EntityLabel, PiiEntity};

use super::chunks::Chunk;
use crate::redact::{DetectorError, PiiSpan, PiiType};

/// The entities of an answer about a chunk, as spans of the whole text.
///
/// An answer without a list fails as one with nonsense in it does: it does not say that there is nothing.
pub(super) fn spans(
    entities: Option<Vec<PiiEntity>>,
    chunk: &Chunk<'_>,
) -> Result<Vec<PiiSpan>, DetectorError> {
    let entities = entities.ok_or(DetectorError::new("Comprehend's answer has no list of entities"))?;
    entities.into_iter().map(|entity| span(&entity, chunk)).collect()
}

fn span(entity: &PiiEntity, chunk: &Chunk<'_>) -> Result<PiiSpan, DetectorError> {
    let pii_type = entity.r#type().map(|name| name.as_str()).filter(|name| !name.is_empty());
    let (Some(pii_type), Some(score), Some(begin), Some(end)) =
        (pii_type, entity.score, entity.begin_offset, entity.end_offset)
    else {
        return Err(DetectorError::new("Comprehend gave an entity without a type, a score or its offsets"));
    };
    check_score(score)?;
    let (begin, end) = match (usize::try_from(begin), usize::try_from(end)) {
        (Ok(begin), Ok(end)) if begin < end && end <= chunk.len => (begin, end),
        _ => {
            return Err(DetectorError::new(
                "Comprehend gave an entity that is empty or ends beyond the text",
            ));
        }
    };
    let code_points = chunk.begin.saturating_add(begin)..chunk.begin.saturating_add(end);
    Ok(PiiSpan::new(PiiType::from(pii_type), code_points, score))
}

/// The highest score of the labels of an answer; `None` without labels.
pub(super) fn highest_score(labels: Option<Vec<EntityLabel>>) -> Result<Option<f32>, DetectorError> {
    let labels = labels.ok_or(DetectorError::new("Comprehend's answer has no list of labels"))?;
    let mut highest = None;
    for label in labels {
        let score = label.score.ok_or(DetectorError::new("Comprehend gave a label without a score"))?;
        check_score(score)?;
        highest = Some(highest.map_or(score, |highest| score.max(highest)));
    }
    Ok(highest)
}

fn check_score(score: f32) -> Result<(), DetectorError> {
    match (0.0..=1.0).contains(&score) {
        true => Ok(()),
        false => Err(DetectorError::new("Comprehend gave a score that is not between 0 and 1")),
    }
}
