//! Names that Textract sends as strings: an enum of the known ones, which also keeps unknown ones.

use std::fmt;
use std::ops::Deref;

use compact_str::CompactString;

/// A name that this version of the crate does not know, kept as it came.
///
/// The enums' own `From<&str>` makes one only of a name that it does not know. It derefs to [`str`].
/// The empty name means that the member was absent.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherName(CompactString);

impl OtherName {
    pub(crate) const NONE: Self = Self(CompactString::const_new(""));

    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for OtherName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Declares an enum of names: `Variant = "WIRE_NAME"`, or `"WIRE_NAME" | "OtherSpelling"`, and `Other` for the rest.
macro_rules! names {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal $(| $also:literal)*,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* #[doc = concat!("\n\n`", $wire, "`")] $variant,)+
            /// A name that this version of the crate does not know, kept as it came.
            Other($crate::names::OtherName),
        }

        impl $name {
            /// Every known name, at the index of its [`code`](Self::code).
            pub(crate) const KNOWN: &[Self] = &[$(Self::$variant),+];
            /// The value of an absent member.
            #[allow(dead_code, reason = "not every enum of names is used in a block")]
            pub(crate) const NONE: Self = Self::Other($crate::names::OtherName::NONE);

            /// The name as Textract writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)+
                    Self::Other(name) => name,
                }
            }

            /// A byte that identifies a known name.
            #[allow(dead_code, reason = "not every enum of names is used in a block")]
            #[inline]
            pub(crate) fn code(&self) -> Option<u8> {
                #[repr(u8)]
                enum Place { $($variant),+ }
                match self {
                    $(Self::$variant => Some(Place::$variant as u8),)+
                    Self::Other(_) => None,
                }
            }

            /// The known name with a [`code`](Self::code).
            #[allow(dead_code, reason = "not every enum of names is used in a block")]
            #[inline]
            pub(crate) fn known(code: u8) -> Option<&'static Self> {
                Self::KNOWN.get(usize::from(code))
            }

            #[inline]
            pub(crate) fn from_known(name: &str) -> Option<Self> {
                match name {
                    $($wire $(| $also)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::from_known(name).unwrap_or_else(|| Self::Other($crate::names::OtherName::new(name)))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(name))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl ::serde::de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a name")
                    }

                    fn visit_str<E>(self, name: &str) -> Result<$name, E> {
                        Ok($name::from(name))
                    }
                }

                deserializer.deserialize_str(Visitor)
            }
        }
    };
}

pub(crate) use names;
