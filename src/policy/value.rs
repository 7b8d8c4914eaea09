//! A string in a policy: a literal, or in a stack what CloudFormation makes of a reference.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};
use serde_saphyr::{FlowMap, FlowSeq};

/// A string in a policy: an action, an ARN, the value of a condition.
///
/// It is a literal, and is written as it is. Only the statements of a [`Stack`](super::Stack) also hold references to its other
/// resources, which are written as `Ref`, `Fn::GetAtt` or `Fn::Sub`: so one code writes both the policies and the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(Form);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Text(Vec<Piece>),
    /// One of two, by a condition of the stack.
    Either(&'static str, Box<Value>, Box<Value>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Cow<'static, str>),
    /// A logical id, a parameter or a pseudo parameter; with a dot and an attribute, a use of `Fn::GetAtt`.
    Reference(&'static str),
}

impl Value {
    /// The value of a resource of the stack, a parameter or a pseudo parameter: `Key.Arn`, `Name` or `AWS::Region`.
    pub(super) fn reference(to: &'static str) -> Self {
        Self(Form::Text(vec![Piece::Reference(to)]))
    }

    /// One value if this condition of the stack holds, and another if it does not.
    pub(super) fn either(condition: &'static str, then: Self, otherwise: Self) -> Self {
        Self(Form::Either(condition, Box::new(then), Box::new(otherwise)))
    }

    /// Several values, one after the other.
    pub(super) fn join<const N: usize>(values: [Self; N]) -> Self {
        values.into_iter().fold(Self(Form::Text(Vec::new())), Self::then)
    }

    /// The same value, with something after it.
    pub(super) fn then(self, more: impl Into<Self>) -> Self {
        match (self.0, more.into().0) {
            (Form::Text(mut pieces), Form::Text(more)) => {
                pieces.extend(more);
                Self(Form::Text(pieces))
            }
            (Form::Either(condition, one, other), more) => {
                Self::either(condition, one.then(Self(more.clone())), other.then(Self(more)))
            }
            (text, Form::Either(condition, one, other)) => {
                Self::either(condition, Self(text.clone()).then(*one), Self(text).then(*other))
            }
        }
    }

    /// The string, if it is a literal.
    ///
    /// ```
    /// use inkseal::policy::Value;
    ///
    /// assert_eq!(Value::from("textract:*").as_literal().as_deref(), Some("textract:*"));
    /// ```
    pub fn as_literal(&self) -> Option<Cow<'_, str>> {
        let Form::Text(pieces) = &self.0 else { return None };
        match pieces.as_slice() {
            [Piece::Literal(text)] => Some(Cow::Borrowed(text)),
            pieces => pieces.iter().map(Piece::literal).collect::<Option<String>>().map(Cow::Owned),
        }
    }
}

impl Piece {
    fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Reference(_) => None,
        }
    }

    /// As it appears in the string of an `Fn::Sub`, in which a literal `${` is written `${!`.
    fn in_sub(&self) -> Cow<'_, str> {
        match self {
            Self::Literal(text) => Cow::Owned(text.replace("${", "${!")),
            Self::Reference(to) => Cow::Owned(format!("${{{to}}}")),
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self(Form::Text(vec![Piece::Literal(Cow::Borrowed(text))]))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Form::Text(vec![Piece::Literal(Cow::Owned(text))]))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.as_literal() {
            return serializer.serialize_str(&text);
        }
        // On one line each in YAML; in JSON the wrappers do nothing.
        let one = |function: &'static str, of: &str| FlowMap(BTreeMap::from([(function, of.to_owned())]));
        match &self.0 {
            Form::Either(condition, then, otherwise) => {
                let choice = FlowSeq((condition, then, otherwise));
                FlowMap(BTreeMap::from([("Fn::If", choice)])).serialize(serializer)
            }
            Form::Text(pieces) => match pieces.as_slice() {
                [Piece::Reference(to)] => match to.split_once('.') {
                    Some((resource, attribute)) => {
                        let parts = FlowSeq([resource, attribute]);
                        FlowMap(BTreeMap::from([("Fn::GetAtt", parts)])).serialize(serializer)
                    }
                    None => one("Ref", to).serialize(serializer),
                },
                pieces => {
                    let text: String = pieces.iter().map(Piece::in_sub).collect();
                    one("Fn::Sub", &text).serialize(serializer)
                }
            },
        }
    }
}

/// A string in which `*`, `?` and `$` mean themselves, as IAM reads it ("Special characters" in "IAM policy elements:
/// Variables and tags" in the IAM user guide).
pub(super) fn verbatim(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' => escaped.push_str("${*}"),
            '?' => escaped.push_str("${?}"),
            '$' => escaped.push_str("${$}"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_written_as_what_it_is() {
        let written = |value: Value| serde_json::to_value(value).unwrap();
        assert_eq!(written("s3:GetObject".into()), json!("s3:GetObject"));
        assert_eq!(written(Value::from("a").then("b".to_owned())), json!("ab"));
        assert_eq!(written(Value::reference("AWS::Region")), json!({"Ref": "AWS::Region"}));
        assert_eq!(written(Value::reference("Key.Arn")), json!({"Fn::GetAtt": ["Key", "Arn"]}));
        let objects = Value::reference("Output.Arn").then("/".to_owned()).then(verbatim("a*b")).then("/*");
        assert_eq!(written(objects), json!({"Fn::Sub": "${Output.Arn}/a${!*}b/*"}));
        let either = Value::either("HasVpc", Value::reference("S3Endpoint"), "none".into());
        assert_eq!(written(either), json!({"Fn::If": ["HasVpc", {"Ref": "S3Endpoint"}, "none"]}));
    }

    #[test]
    fn special_characters_stand_for_themselves() {
        assert_eq!(verbatim("what?/a*/$1/${x}"), "what${?}/a${*}/${$}1/${$}{x}");
        assert_eq!(verbatim("plain/prefix"), "plain/prefix");
    }
}
