//! Helpers for serde: Textract writes null for every member that has no value.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, de};

/// The default for null.
pub(crate) fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// A list, or null for none; nulls in it are left out, and take no memory.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Option::<List<T>>::deserialize(d)?.map(|list| list.0))
}

struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Option<T>>()? {
                    list.extend(item);
                }
                Ok(List(list))
            }
        }

        d.deserialize_seq(Items(PhantomData))
    }
}

/// A number that must not become infinite as an `f32`. It is rounded to an `f64` first, as the parser of parts and the
/// SDK do: an `f32` that serde reads by itself may be rounded differently.
pub(crate) fn float<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f32>, D::Error> {
    let number = Option::<f64>::deserialize(d)?.map(|number| number as f32);
    match number {
        Some(number) if number.is_infinite() => Err(de::Error::custom("number out of range")),
        _ => Ok(number),
    }
}

/// As [`float`], with 0 for null.
pub(crate) fn float_or_zero<'de, D: Deserializer<'de>>(d: D) -> Result<f32, D::Error> {
    Ok(float(d)?.unwrap_or_default())
}

/// A whole number that is not negative, also if it was written as 2.0.
pub(crate) fn count<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u32>, D::Error> {
    let Some(value) = Option::<f64>::deserialize(d)? else { return Ok(None) };
    let count = value as u32;
    if f64::from(count) == value && !value.is_sign_negative() {
        Ok(Some(count))
    } else {
        Err(de::Error::custom("not a whole number from 0 on"))
    }
}

/// A list of [`count`]s.
pub(crate) fn counts<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<u32>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Count(#[serde(deserialize_with = "count")] Option<u32>);

    Ok(list::<Count, D>(d)?.map(|list| list.into_iter().filter_map(|count| count.0).collect()))
}

/// A value that is read only from an object: by itself serde accepts a list of its values for a struct.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Visitor(PhantomData))
    }
}
