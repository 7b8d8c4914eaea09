//! The language of policies: documents, statements, and what they are made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_saphyr::FlowSeq;

use super::names::Presence;
use super::value::Value;

/// A policy document, which serialises to the JSON that IAM takes.
///
/// The same document always gives the same bytes. Statements keep the order in which they were added; an element with one value is
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
        // The older version has no policy variables.
        Self { version: "2012-10-17", statement: statements.into_iter().collect() }
    }

    /// The same document with one more statement.
    #[must_use]
    pub fn with(mut self, statement: Statement) -> Self {
        self.statement.push(statement);
        self
    }

    /// The same document, with the statements of another one after its own.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.statement.extend(other.statement);
        self
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statement
    }

    /// How many characters IAM counts: all but white space ("IAM and AWS STS quotas" in the IAM user guide). The most is 6,144 for
    /// a managed policy, 10,240 for the inline policies of a role, 20,480 for a bucket policy, 32,768 for a key policy, and 2,048
    /// for the trust policy of a role, unless that quota was raised.
    pub fn counted_characters(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|character| !character.is_whitespace()).count()
    }
}

/// Whether a statement allows or denies. A denial overrides any permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// Whom a statement of a resource policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Principal {
    /// Everybody, signed in or not: for denials, and for endpoints, with a condition that narrows it.
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

/// How a condition compares the value of a key in the request with the values that it names.
///
/// With several values one of them has to match; for the negated tests none may. A test whose name ends in `IfExists` also holds for
/// a request without the key. Follows "IAM JSON policy elements: Condition operators" in the IAM user guide; `BinaryEquals` and the
/// operators for keys with several values (`ForAllValues`, `ForAnyValue`) are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Test {
    /// The ARNs are equal. Each of the six parts of the named one may hold `*` and `?`, as with [`ArnLike`](Self::ArnLike).
    ArnEquals,
    /// As `ArnEquals`, and it holds for a request without the key.
    ArnEqualsIfExists,
    /// As `ArnEquals`: AWS has two names for it.
    ArnLike,
    /// As `ArnLike`, and it holds for a request without the key.
    ArnLikeIfExists,
    /// The negation of `ArnEquals`, which also holds for a request without the key.
    ArnNotEquals,
    /// As `ArnNotEquals`: AWS has two names for it.
    ArnNotLike,
    /// `true` or `false`.
    Bool,
    /// `true` or `false`, and it holds for a request without the key.
    BoolIfExists,
    /// The times are equal. Times are ISO 8601, such as `2026-01-31T00:00:00Z`, or seconds since 1970.
    DateEquals,
    /// The request's time is later than the named one.
    DateGreaterThan,
    /// The request's time is the named one or later.
    DateGreaterThanEquals,
    /// The request's time is earlier than the named one.
    DateLessThan,
    /// The request's time is the named one or earlier.
    DateLessThanEquals,
    /// The negation of `DateEquals`, which also holds for a request without the key.
    DateNotEquals,
    /// The address is in the named range, such as `203.0.113.0/24`, or is the named address.
    IpAddress,
    /// As `IpAddress`, and it holds for a request without the key.
    IpAddressIfExists,
    /// The negation of `IpAddress`, which also holds for a request without the key.
    NotIpAddress,
    /// `true` for a request without the key, and `false` for one with it.
    Null,
    /// The numbers are equal.
    NumericEquals,
    /// The request's number is greater than the named one.
    NumericGreaterThan,
    /// The request's number is the named one or greater.
    NumericGreaterThanEquals,
    /// The request's number is less than the named one.
    NumericLessThan,
    /// The request's number is the named one or less.
    NumericLessThanEquals,
    /// The negation of `NumericEquals`, which also holds for a request without the key.
    NumericNotEquals,
    /// The strings are equal.
    StringEquals,
    /// The strings are equal, and it holds for a request without the key.
    StringEqualsIfExists,
    /// The strings are equal, whatever the case of their letters.
    StringEqualsIgnoreCase,
    /// The strings are equal, where the named one may hold `*` and `?`.
    StringLike,
    /// As `StringLike`, and it holds for a request without the key.
    StringLikeIfExists,
    /// The negation of `StringEquals`, which also holds for a request without the key.
    StringNotEquals,
    /// The negation of `StringEqualsIgnoreCase`, which also holds for a request without the key.
    StringNotEqualsIgnoreCase,
    /// The negation of `StringLike`, which also holds for a request without the key.
    StringNotLike,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    sid: Cow<'static, str>,
    effect: Effect,
    principal: Option<Principal>,
    actions: Vec<Value>,
    resources: Resources,
    conditions: BTreeMap<Test, BTreeMap<Cow<'static, str>, Vec<Value>>>,
    /// The condition of the stack under which the statement exists at all.
    only_if: Option<&'static str>,
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Resources {
    /// In the trust policy of a role: the role itself.
    Implied,
    These(Vec<Value>),
    AllBut(Vec<Value>),
}

impl Statement {
    /// A statement that allows. Its id is letters and digits, and unique in a document.
    pub fn allow(sid: impl Into<Cow<'static, str>>) -> Self {
        Self::new(sid, Effect::Allow)
    }

    /// A statement that denies.
    pub fn deny(sid: impl Into<Cow<'static, str>>) -> Self {
        Self::new(sid, Effect::Deny)
    }

    fn new(sid: impl Into<Cow<'static, str>>, effect: Effect) -> Self {
        Self {
            sid: sid.into(),
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
        Self { sid: sid.into(), ..self }
    }

    /// Whom it is about: only in a resource policy.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    /// The actions, such as `s3:GetObject`.
    #[must_use]
    pub fn actions<V: Into<Value>>(mut self, actions: impl IntoIterator<Item = V>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// The resources of the actions, by ARN.
    #[must_use]
    pub fn resources<V: Into<Value>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources = Resources::These(resources.into_iter().map(Into::into).collect());
        self
    }

    /// The resources that it leaves out: it is about all others. For denials.
    #[must_use]
    pub fn all_resources_but<V: Into<Value>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources = Resources::AllBut(resources.into_iter().map(Into::into).collect());
        self
    }

    /// A condition: all those of a statement have to hold.
    #[must_use]
    pub fn when<V: Into<Value>>(
        mut self,
        test: Test,
        key: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let entry = self.conditions.entry(test).or_default().entry(key.into()).or_default();
        entry.extend(values.into_iter().map(Into::into));
        self
    }

    /// The statement, if it belongs to the policy at all.
    pub(super) fn where_present(self, presence: Presence) -> Option<Self> {
        match presence {
            Presence::Absent => None,
            Presence::Present => Some(self),
            Presence::If(condition) => Some(self.only_if(Some(condition))),
        }
    }

    /// In a stack, the statement exists only if this condition of the stack holds.
    #[must_use]
    pub(super) fn only_if(mut self, condition: Option<&'static str>) -> Self {
        self.only_if = condition;
        self
    }

    /// Its id.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The resources that it is about, if it names them.
    pub fn resource_names(&self) -> &[Value] {
        match &self.resources {
            Resources::These(these) => these,
            Resources::Implied | Resources::AllBut(_) => &[],
        }
    }

    /// The resources that it is not about, if it is about all others.
    pub fn excepted_resource_names(&self) -> &[Value] {
        match &self.resources {
            Resources::AllBut(these) => these,
            Resources::Implied | Resources::These(_) => &[],
        }
    }

    /// Whom it is about, if it says.
    pub fn principals(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// The actions that it allows or denies.
    pub fn action_names(&self) -> &[Value] {
        &self.actions
    }

    /// Its conditions, of which all have to hold: how each compares, the condition key, and the values.
    pub fn conditions(&self) -> impl Iterator<Item = (Test, &str, &[Value])> {
        self.conditions
            .iter()
            .flat_map(|(test, keys)| keys.iter().map(|(key, values)| (*test, &**key, values.as_slice())))
    }

    /// The condition keys of its conditions.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.values().flat_map(|keys| keys.keys().map(|key| &**key))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_and_keys_may_be_made_at_run_time() {
        let tag = |name: &str| format!("aws:PrincipalTag/{name}");
        let statement = Statement::deny(format!("DenyOutsideOf{}", "Office"))
            .actions(["s3:*"])
            .resources(["*"])
            .when(Test::NotIpAddress, "aws:SourceIp", ["203.0.113.0/24"])
            .when(Test::StringNotLike, tag("team"), ["claims-*"]);
        assert_eq!(statement.sid(), "DenyOutsideOfOffice");
        let keys: Vec<&str> = statement.condition_keys().collect();
        assert_eq!(keys, ["aws:SourceIp", "aws:PrincipalTag/team"]);
        assert_eq!(
            serde_json::to_value(statement).unwrap()["Condition"],
            json!({
                "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "StringNotLike": {"aws:PrincipalTag/team": "claims-*"},
            })
        );
    }

    /// They are written in the order of their declaration, which is that of their names.
    #[test]
    fn tests_are_written_by_their_names_and_in_the_order_of_those() {
        use Test::*;
        let all = [
            ArnEquals,
            ArnEqualsIfExists,
            ArnLike,
            ArnLikeIfExists,
            ArnNotEquals,
            ArnNotLike,
            Bool,
            BoolIfExists,
            DateEquals,
            DateGreaterThan,
            DateGreaterThanEquals,
            DateLessThan,
            DateLessThanEquals,
            DateNotEquals,
            IpAddress,
            IpAddressIfExists,
            NotIpAddress,
            Null,
            NumericEquals,
            NumericGreaterThan,
            NumericGreaterThanEquals,
            NumericLessThan,
            NumericLessThanEquals,
            NumericNotEquals,
            StringEquals,
            StringEqualsIfExists,
            StringEqualsIgnoreCase,
            StringLike,
            StringLikeIfExists,
            StringNotEquals,
            StringNotEqualsIgnoreCase,
            StringNotLike,
        ];
        let names = all.map(|test| format!("{test:?}"));
        assert!(names.is_sorted() && all.is_sorted());
        for (test, name) in all.iter().zip(&names) {
            assert_eq!(serde_json::to_value(test).unwrap(), json!(name));
        }
    }
}
