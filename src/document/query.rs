//! Questions, and the answers that Textract found.

use super::node::views;
use super::{BlockRef, Document, Page};
use crate::block::RelationshipKind;

views! {
    /// A question that was asked of a page.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let json = r#"{"Blocks": [
    ///     {"BlockType": "QUERY", "Id": "q", "Query": {"Text": "What is the total?", "Alias": "TOTAL"},
    ///         "Relationships": [{"Type": "ANSWER", "Ids": ["a", "b"]}]},
    ///     {"BlockType": "QUERY_RESULT", "Id": "a", "Text": "12", "Confidence": 41},
    ///     {"BlockType": "QUERY_RESULT", "Id": "b", "Text": "12.50", "Confidence": 93}
    /// ]}"#;
    /// let document = Document::from_json(json.as_bytes())?;
    /// let query = document.queries().next().expect("a question was asked");
    /// assert_eq!(query.alias(), Some("TOTAL"));
    /// let answers: Vec<_> = query.answers().filter_map(|answer| answer.text().map(str::to_owned)).collect();
    /// assert_eq!(answers, ["12.50", "12"], "the surest first");
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    AskedQuery;
    /// An answer to a question. It may have no geometry.
    Answer;
}

impl<'d> AskedQuery<'d> {
    /// The question.
    pub fn text(&self) -> Option<&'d str> {
        self.block().query().map(|query| &*query.text).filter(|text| !text.is_empty())
    }

    /// The name that the caller gave it.
    pub fn alias(&self) -> Option<&'d str> {
        self.block().query()?.alias.as_deref()
    }

    /// All answers, the surest first; those of equal confidence in Textract's order.
    pub fn answers(&self) -> impl ExactSizeIterator<Item = Answer<'d>> + use<'d> {
        let mut answers: Vec<_> = self.related(RelationshipKind::Answer).collect();
        let confidence = |answer: &BlockRef<'_>| answer.confidence().unwrap_or_default();
        answers.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
        answers.into_iter().map(Answer)
    }

    /// The surest answer.
    pub fn answer(&self) -> Option<Answer<'d>> {
        self.answers().next()
    }
}

impl<'d> Answer<'d> {
    /// Its text.
    pub fn text(&self) -> Option<&'d str> {
        self.block().text()
    }
}

/// The questions called this, out of all, which are given twice.
fn called<'d, I: Iterator<Item = AskedQuery<'d>>>(
    [mut all, queries]: [I; 2],
    name: &str,
) -> impl Iterator<Item = AskedQuery<'d>> + use<'d, I> {
    let by_alias = all.any(|query| query.alias() == Some(name));
    let name = name.to_owned();
    queries.filter(move |query| Some(&*name) == if by_alias { query.alias() } else { query.text() })
}

impl Document {
    /// The questions with this alias or, if none has it, with this text; one for each page that it was asked of.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [
    ///     {"BlockType": "QUERY", "Id": "q", "Query": {"Text": "Who signed?", "Alias": "SIGNER"},
    ///      "Relationships": [{"Type": "ANSWER", "Ids": ["1", "2"]}]},
    ///     {"BlockType": "QUERY_RESULT", "Id": "1", "Confidence": 40, "Text": "J. Doe"},
    ///     {"BlockType": "QUERY_RESULT", "Id": "2", "Confidence": 90, "Text": "Jane Doe"}
    /// ]}"#)?;
    /// let answers = document.query("SIGNER").flat_map(|query| query.answers());
    /// assert_eq!(answers.filter_map(|answer| answer.text()).collect::<Vec<_>>(), ["Jane Doe", "J. Doe"]);
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn query<'d>(&'d self, name: &str) -> impl Iterator<Item = AskedQuery<'d>> + use<'d> {
        called([self.queries(), self.queries()], name)
    }
}

impl<'d> Page<'d> {
    /// The questions asked of the page with this alias or, if none has it, with this text; see [`Document::query`].
    pub fn query(&self, name: &str) -> impl Iterator<Item = AskedQuery<'d>> + use<'d> {
        called([self.queries(), self.queries()], name)
    }
}
