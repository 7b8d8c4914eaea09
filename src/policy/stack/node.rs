//! The nodes of a template: a tree that keeps its order, so that the same stack gives the same bytes.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::super::language::PolicyDocument;
use super::super::value::Value;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(Value),
    Flag(bool),
    Number(u32),
    List(Vec<Node>),
    Map(Vec<(&'static str, Node)>),
    Policy(PolicyDocument),
}

impl Node {
    /// The same map with one more entry.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Self>) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.push((key, value.into()));
        }
        self
    }
}

/// A map of these entries.
macro_rules! map {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::policy::stack::node::Node::Map(vec![$(($key, $value.into())),*])
    };
}

/// A list of these nodes.
macro_rules! list {
    ($($item:expr),* $(,)?) => {
        $crate::policy::stack::node::Node::List(vec![$($item.into()),*])
    };
}

pub(super) use {list, map};

/// A reference, as [`Value::reference`].
pub(super) fn reference(to: &'static str) -> Node {
    Node::Text(Value::reference(to))
}

/// A node that exists only if a condition of the stack holds.
pub(super) fn where_holds(condition: &'static str, then: impl Into<Node>) -> Node {
    map! { "Fn::If": list![condition, then, reference("AWS::NoValue")] }
}

impl From<&'static str> for Node {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u32> for Node {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<PolicyDocument> for Node {
    fn from(policy: PolicyDocument) -> Self {
        Self::Policy(policy)
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Self::List(items)
    }
}

impl From<Vec<(&'static str, Node)>> for Node {
    fn from(entries: Vec<(&'static str, Node)>) -> Self {
        Self::Map(entries)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(value) => value.serialize(serializer),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::List(items) => items.serialize(serializer),
            Self::Policy(policy) => policy.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
