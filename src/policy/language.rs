//! The language of policies: documents, statements, and what they are made of.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_saphyr::FlowSeq;

use super::names::Presence;
use super::value::Value;

/// A policy document, which serialises to the JSON that IAM takes.
///
/// The same document gives the same bytes. Statements come in the order in which they were added; an element with one value is
/// written without a list, as AWS writes it. Follows "Grammar of the IAM JSON policy language" in the IAM user guide.
///
/// ```
/// use inkseal::policy::{PolicyDocument, Statement};
///
/// let document = PolicyDocument::new([
///     Statement::allow("Identify").actions(["textract:AnalyzeID"]).resources(["*"]),
/// ]);
/// assert_eq!(
///     serde_json::to_string(&document)?,
///     r#"{"Version":"2012-10-17","Statement":[{"Sid":"Identify","Effect":"Allow","Action":"textract:AnalyzeID","Resource":"*"}]}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        // The older version knows no policy variables.
        Self { version: "2012-10-17", statement: statements.into_iter().collect() }
    }

    /// The same document with one more statement.
    #[must_use]
    pub fn with(mut self, statement: Statement) -> Self {
        self.statement.push(statement);
        self
    }

    /// The same document with the statements of another one behind its own.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.statement.extend(other.statement);
        self
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statement
    }

    /// How many characters IAM counts: all but white space ("IAM and AWS STS quotas" in the IAM user guide). 6,144 are the
    /// most of a managed policy, 10,240 of the inline policies of a role, 20,480 of the policy of a bucket, 32,768 of that of a
    /// key and 2,048 of a role's trust, unless that quota was raised.
    pub fn counted_characters(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|character| !character.is_whitespace()).count()
    }
}

/// Whether a statement allows or denies. A denial wins over whatever allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// Whom a statement of a resource's policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Principal {
    /// Everybody, signed in or not: for denials, and for endpoints, where a condition narrows it.
    Everybody,
    /// Roles, users or accounts, by their ARNs.
    Aws(Vec<Value>),
    /// A service, such as `textract.amazonaws.com`.
    Service(Value),
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = match self {
            Self::Everybody => return serializer.serialize_str("*"),
            _ => serializer.serialize_map(Some(1))?,
        };
        match self {
            Self::Everybody => {}
            Self::Aws(arns) => map.serialize_entry("AWS", &OneOrMany(arns))?,
            Self::Service(name) => map.serialize_entry("Service", name)?,
        }
        map.end()
    }
}

/// How a condition compares what a request says with what it names.
///
/// With several values one of them has to fit, and for the negated tests none may. Follows "IAM JSON policy elements: Condition
/// operators" in the IAM user guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Test {
    /// The ARNs are equal, where each of the six parts of the second may hold `*` and `?`. As [`ArnLike`](Self::ArnLike).
    ArnEquals,
    /// As `ArnEquals`: AWS has two names for it.
    ArnLike,
    /// The negation of `ArnEquals`, which also holds for a request that does not say.
    ArnNotEquals,
    /// `true` or `false`.
    Bool,
    /// `true` or `false`, and it holds for a request that does not say.
    BoolIfExists,
    /// `true` for a request that does not say, and `false` for one that does.
    Null,
    /// The texts are equal.
    StringEquals,
    /// The texts are equal, and it holds for a request that does not say.
    StringEqualsIfExists,
    /// The texts are equal, where the second may hold `*` and `?`.
    StringLike,
    /// The negation of `StringEquals`, which also holds for a request that does not say.
    StringNotEquals,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    sid: &'static str,
    effect: Effect,
    principal: Option<Principal>,
    actions: Vec<Value>,
    resources: Resources,
    conditions: BTreeMap<Test, BTreeMap<&'static str, Vec<Value>>>,
    /// The condition of the stack under which it is there at all.
    only_if: Option<&'static str>,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Resources {
    /// In the policy of a role's trust: the role itself.
    Implied,
    These(Vec<Value>),
    AllBut(Vec<Value>),
}

impl Statement {
    /// A statement that allows. Its id is letters and digits, and its own in a document.
    pub fn allow(sid: &'static str) -> Self {
        Self::new(sid, Effect::Allow)
    }

    /// A statement that denies.
    pub fn deny(sid: &'static str) -> Self {
        Self::new(sid, Effect::Deny)
    }

    fn new(sid: &'static str, effect: Effect) -> Self {
        Self {
            sid,
            effect,
            principal: None,
            actions: Vec::new(),
            resources: Resources::Implied,
            conditions: BTreeMap::new(),
            only_if: None,
        }
    }

    /// The same under another id.
    pub(super) fn named(self, sid: &'static str) -> Self {
        Self { sid, ..self }
    }

    /// Whom it is about: only in the policy of a resource.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    /// What they do.
    #[must_use]
    pub fn actions<V: Into<Value>>(mut self, actions: impl IntoIterator<Item = V>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// With what they do it, by ARN.
    #[must_use]
    pub fn resources<V: Into<Value>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources = Resources::These(resources.into_iter().map(Into::into).collect());
        self
    }

    /// With what they do not: it is about everything else. For denials.
    #[must_use]
    pub fn all_resources_but<V: Into<Value>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources = Resources::AllBut(resources.into_iter().map(Into::into).collect());
        self
    }

    /// When it holds: all conditions of a statement have to.
    #[must_use]
    pub fn when<V: Into<Value>>(
        mut self,
        test: Test,
        key: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let entry = self.conditions.entry(test).or_default().entry(key).or_default();
        entry.extend(values.into_iter().map(Into::into));
        self
    }

    /// The statement, where it belongs to a policy at all.
    pub(super) fn where_present(self, presence: Presence) -> Option<Self> {
        match presence {
            Presence::Absent => None,
            Presence::Present => Some(self),
            Presence::If(condition) => Some(self.only_if(Some(condition))),
        }
    }

    /// In a stack, it is there only if this condition of the stack holds.
    #[must_use]
    pub(super) fn only_if(mut self, condition: Option<&'static str>) -> Self {
        self.only_if = condition;
        self
    }

    /// Its id.
    pub fn sid(&self) -> &str {
        self.sid
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What it is about, where it names that.
    pub fn resource_names(&self) -> &[Value] {
        match &self.resources {
            Resources::These(these) => these,
            Resources::Implied | Resources::AllBut(_) => &[],
        }
    }

    /// What it is not about, where it is about all else.
    pub fn excepted_resource_names(&self) -> &[Value] {
        match &self.resources {
            Resources::AllBut(these) => these,
            Resources::Implied | Resources::These(_) => &[],
        }
    }

    /// Whom it is about, where it says.
    pub fn principals(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// The actions that it allows or denies.
    pub fn action_names(&self) -> &[Value] {
        &self.actions
    }

    /// Its conditions, of which all have to hold: how they compare, the key that they look at, and with what.
    pub fn conditions(&self) -> impl Iterator<Item = (Test, &str, &[Value])> {
        self.conditions
            .iter()
            .flat_map(|(test, keys)| keys.iter().map(|(key, values)| (*test, *key, values.as_slice())))
    }

    /// The keys that its conditions look at.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.values().flat_map(|keys| keys.keys().copied())
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sid, effect, principal, actions, resources, conditions, only_if } = self;
        if let Some(condition) = only_if {
            let mut map = serializer.serialize_map(Some(1))?;
            let always = Self { only_if: None, ..self.clone() };
            let nothing = BTreeMap::from([("Ref", "AWS::NoValue")]);
            map.serialize_entry("Fn::If", &(condition, always, nothing))?;
            return map.end();
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Sid", sid)?;
        map.serialize_entry("Effect", effect)?;
        if let Some(principal) = principal {
            map.serialize_entry("Principal", principal)?;
        }
        map.serialize_entry("Action", &OneOrMany(actions))?;
        match resources {
            Resources::Implied => {}
            Resources::These(these) => map.serialize_entry("Resource", &OneOrMany(these))?,
            Resources::AllBut(these) => map.serialize_entry("NotResource", &OneOrMany(these))?,
        }
        if !conditions.is_empty() {
            let conditions: BTreeMap<_, BTreeMap<_, _>> = conditions
                .iter()
                .map(|(test, keys)| {
                    (test, keys.iter().map(|(key, values)| (key, OneOrMany(values))).collect())
                })
                .collect();
            map.serialize_entry("Condition", &conditions)?;
        }
        map.end()
    }
}

/// A list, or its only value.
struct OneOrMany<'a>(&'a [Value]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => one.serialize(serializer),
            // On one line in YAML: a stack has to fit into one request.
            many => FlowSeq(many).serialize(serializer),
        }
    }
}
