//! Controls, their outcomes, and the report of them all.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::resource::{Bucket, KmsKey};

/// A question of the security pillar of the AWS Well-Architected IDP lens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Question {
    /// VPC endpoints for S3, Textract and Comprehend.
    #[serde(rename = "SEC_1")]
    Sec1,
    /// A central identity provider.
    #[serde(rename = "SEC_2")]
    Sec2,
    /// IAM roles, least privilege, tags.
    #[serde(rename = "SEC_3")]
    Sec3,
    /// The confused deputy: `aws:SourceArn` and `aws:SourceAccount`.
    #[serde(rename = "SEC_4")]
    Sec4,
    /// Sensitive data stores.
    #[serde(rename = "SEC_5")]
    Sec5,
    /// Textract's data at rest: SSE-KMS.
    #[serde(rename = "SEC_6")]
    Sec6,
    /// The output bucket and the KMS key of the asynchronous API.
    #[serde(rename = "SEC_7")]
    Sec7,
    /// Comprehend with KMS.
    #[serde(rename = "SEC_8")]
    Sec8,
    /// Personal data in the output: a secured store, or redacted.
    #[serde(rename = "SEC_9")]
    Sec9,
    /// Key management with KMS.
    #[serde(rename = "SEC_10")]
    Sec10,
    /// Secrets management.
    #[serde(rename = "SEC_11")]
    Sec11,
    /// Separate accounts.
    #[serde(rename = "SEC_12")]
    Sec12,
    /// CloudTrail.
    #[serde(rename = "SEC_13")]
    Sec13,
    /// Incident response.
    #[serde(rename = "SEC_14")]
    Sec14,
}

impl Question {
    /// The name that the lens gives it, such as `SEC_7`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sec1 => "SEC_1",
            Self::Sec2 => "SEC_2",
            Self::Sec3 => "SEC_3",
            Self::Sec4 => "SEC_4",
            Self::Sec5 => "SEC_5",
            Self::Sec6 => "SEC_6",
            Self::Sec7 => "SEC_7",
            Self::Sec8 => "SEC_8",
            Self::Sec9 => "SEC_9",
            Self::Sec10 => "SEC_10",
            Self::Sec11 => "SEC_11",
            Self::Sec12 => "SEC_12",
            Self::Sec13 => "SEC_13",
            Self::Sec14 => "SEC_14",
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The outcome of one control.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It holds.
    Pass {
        /// What shows it.
        found: Cow<'static, str>,
    },
    /// It does not hold, or cannot be shown to.
    Fail {
        /// What was found instead.
        found: Cow<'static, str>,
        /// How to fix it.
        remedy: Cow<'static, str>,
    },
    /// It could not be checked.
    NotEvaluated {
        /// The IAM action that was denied, such as `s3:GetBucketPolicy`; `None` if something else was in the way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        permission: Option<Cow<'static, str>>,
        /// What was in the way.
        reason: Cow<'static, str>,
    },
    /// No API can answer it.
    ForAPerson {
        /// The question, for somebody who knows.
        ask: Cow<'static, str>,
    },
}

impl Outcome {
    /// Whether it keeps a report from being clean: it failed, or could not be checked.
    pub fn is_finding(&self) -> bool {
        matches!(self, Self::Fail { .. } | Self::NotEvaluated { .. })
    }

    pub(super) fn pass(found: impl Into<Cow<'static, str>>) -> Self {
        Self::Pass { found: found.into() }
    }

    pub(super) fn fail(found: impl Into<Cow<'static, str>>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self::Fail { found: found.into(), remedy: remedy.into() }
    }

    pub(super) fn not_evaluated(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotEvaluated { permission: None, reason: reason.into() }
    }

    pub(super) fn ask(ask: impl Into<Cow<'static, str>>) -> Self {
        Self::ForAPerson { ask: ask.into() }
    }

    /// The word for it, and the two other cells of its row.
    fn row(&self) -> (&'static str, &str, &str) {
        match self {
            Self::Pass { found } => ("pass", found, ""),
            Self::Fail { found, remedy } => ("**fail**", found, remedy),
            Self::NotEvaluated { permission, reason } => {
                ("**not evaluated**", reason, permission.as_deref().unwrap_or_default())
            }
            Self::ForAPerson { ask } => ("for a person", ask, ""),
        }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Control {
    id: Cow<'static, str>,
    question: Question,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Control {
    /// `id` is the part after the question's name.
    pub(super) fn new(question: Question, id: impl fmt::Display, outcome: Outcome) -> Self {
        Self { id: format!("{question}.{id}").into(), question, outcome }
    }

    /// Its name, which does not change between versions: `SEC_7.output-bucket-default-encryption`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The question of the lens that it belongs to.
    pub fn question(&self) -> Question {
        self.question
    }

    /// Its outcome.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// How many controls had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Those that hold.
    pub passed: usize,
    /// Those that do not.
    pub failed: usize,
    /// Those that could not be checked.
    pub not_evaluated: usize,
    /// Those that a person has to answer.
    pub for_a_person: usize,
}

/// What a [`Posture`](super::Posture) found, ordered by the number of the question and then by the name of the control.
///
/// A plain value, with serde too. It names the bucket, the key, Regions and accounts, and holds no policy, no token and no
/// credential. Nor does it hold a time: two reports of the same state are equal, so they can be compared as files. A report that was read
/// back is a record and not a proof; see [`CleanReport`](super::CleanReport).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    bucket: Bucket,
    kms_key: KmsKey,
    controls: Vec<Control>,
}

impl Report {
    pub(super) fn new(bucket: Bucket, kms_key: KmsKey, mut controls: Vec<Control>) -> Self {
        controls.sort_by(|a, b| (a.question, &a.id).cmp(&(b.question, &b.id)));
        Self { bucket, kms_key, controls }
    }

    /// The output bucket that was checked.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The key that was checked, as KMS resolved it.
    pub fn kms_key(&self) -> &KmsKey {
        &self.kms_key
    }

    /// Every control.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// The control of this name, if the posture has it.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// The controls that failed, and those that could not be checked.
    pub fn findings(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(|control| control.outcome.is_finding())
    }

    /// Whether nothing failed and everything could be checked.
    ///
    /// What could not be checked counts as a finding: otherwise taking a permission away from the checking role would make a report
    /// clean. Questions for a person do not count: with them no report would ever be clean.
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none()
    }

    /// How many controls had which outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for control in &self.controls {
            let count = match control.outcome {
                Outcome::Pass { .. } => &mut counts.passed,
                Outcome::Fail { .. } => &mut counts.failed,
                Outcome::NotEvaluated { .. } => &mut counts.not_evaluated,
                Outcome::ForAPerson { .. } => &mut counts.for_a_person,
            };
            *count = count.saturating_add(1);
        }
        counts
    }

    /// The report as JSON for people to read, with a line break at the end.
    ///
    /// It has `clean`, `counts` and `findings` (names) in addition to the members that a [`Report`] is read from.
    pub fn to_json(&self) -> String {
        let value = serde_json::json!({
            "bucket": self.bucket,
            "kms_key": self.kms_key,
            "clean": self.is_clean(),
            "counts": self.counts(),
            "findings": self.findings().map(Control::id).collect::<Vec<_>>(),
            "controls": self.controls,
        });
        // `{:#}` of a value is pretty JSON, and cannot fail as a serializer can.
        format!("{value:#}\n")
    }

    /// The report as Markdown: a summary line, and a table of the controls.
    pub fn to_markdown(&self) -> String {
        let Counts { passed, failed, not_evaluated, for_a_person } = self.counts();
        let verdict = if self.is_clean() { "Clean" } else { "Not clean" };
        let mut text = format!(
            "# Posture of s3://{}\n\nKey: `{}`\n\n**{verdict}**: {passed} passed, {failed} failed, {not_evaluated} not \
             evaluated, {for_a_person} for a person to answer.\n\n\
             | control | outcome | found | to do |\n| --- | --- | --- | --- |\n",
            self.bucket, self.kms_key
        );
        for control in &self.controls {
            let (outcome, found, remedy) = control.outcome.row();
            let row = [&format!("`{}`", control.id), outcome, &cell(found), &cell(remedy)].join(" | ");
            text.push_str(&format!("| {row} |\n"));
        }
        text
    }
}

/// What AWS answers may hold anything; in a cell it is one line of text.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '\\' | '<' | '>' | '[' | ']' => escaped.extend(['\\', character]),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: impl IntoIterator<Item = (Question, &'static str, Outcome)>) -> Report {
        let controls =
            outcomes.into_iter().map(|(question, id, outcome)| Control::new(question, id, outcome));
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        Report::new("amzn-s3-demo-results".parse().unwrap(), key.parse().unwrap(), controls.collect())
    }

    fn mixed() -> Report {
        report([
            (Question::Sec10, "b", Outcome::fail("it | is\noff", "turn it on")),
            (Question::Sec2, "z", Outcome::ask("who?")),
            (Question::Sec10, "a", Outcome::pass("on")),
            (Question::Sec5, "c", Outcome::not_evaluated("throttled")),
        ])
    }

    #[test]
    fn controls_stand_in_the_order_of_the_lens() {
        let report = mixed();
        let ids: Vec<_> = report.controls().iter().map(Control::id).collect();
        assert_eq!(ids, ["SEC_2.z", "SEC_5.c", "SEC_10.a", "SEC_10.b"]);
        let findings: Vec<_> = report.findings().map(Control::id).collect();
        assert_eq!(findings, ["SEC_5.c", "SEC_10.b"]);
        assert_eq!(report.counts(), Counts { passed: 1, failed: 1, not_evaluated: 1, for_a_person: 1 });
        assert!(!report.is_clean());
    }

    #[test]
    fn a_question_does_not_make_a_report_unclean_and_a_closed_door_does() {
        assert!(report([(Question::Sec2, "z", Outcome::ask("who?"))]).is_clean());
        assert!(!report([(Question::Sec2, "z", Outcome::not_evaluated("denied"))]).is_clean());
    }

    #[test]
    fn json_reads_back_as_the_same_report() {
        let report = mixed();
        let json = report.to_json();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["clean"], false);
        assert_eq!(value["findings"], serde_json::json!(["SEC_5.c", "SEC_10.b"]));
        assert_eq!(value["controls"][3]["outcome"], "fail");
    }

    #[test]
    fn a_cell_stays_a_cell() {
        let markdown = mixed().to_markdown();
        assert!(markdown.contains("| `SEC_10.b` | **fail** | it \\| is off | turn it on |\n"), "{markdown}");
        assert!(markdown.contains("**Not clean**: 1 passed, 1 failed, 1 not evaluated, 1 for a person"));
    }
}
