//! Numbers of JSON.

use super::{Ahead, Cursor, ONES, ParseErrorKind, Step};

/// Powers of ten by which a mantissa is scaled.
const TENTHS: [f64; 24] = [
    1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15,
    1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22, 1e-23,
];

/// The nearest `f32` to a number of which only `value` is known, which is off by less than `margin` units in
/// its last place; `None` if that leaves more than one. The result is that of rounding the number to an `f64`
/// and that to an `f32`, as the SDK does, and `serde_json` with its feature `float_roundtrip` if it is asked
/// for an `f64`.
#[inline(always)]
fn round(value: f64, margin: u64) -> Option<f32> {
    // All numbers that close round to the same `f32`, unless they lie about the middle between two, where the
    // 29 bits that an `f32` drops are a 1 and then zeros.
    const MIDDLE: u64 = 1 << 28;
    const DROPPED: u64 = (1 << 29) - 1;
    let off = (value.to_bits() & DROPPED).wrapping_sub(MIDDLE - margin);
    (off > 2 * margin).then_some(value as f32)
}

/// The value of `mantissa` over 10 to the `scale`, if it can be determined this way.
#[inline(always)]
fn scaled(mantissa: i64, scale: usize) -> Option<f32> {
    // Off by three roundings of half a unit: the mantissa's, the power's, the product's.
    let value = mantissa as f64 * TENTHS.get(scale)?;
    // Below this an `f32` has fewer bits to round to; 0 is exact.
    let normal = value >= f64::from(f32::MIN_POSITIVE) || mantissa == 0;
    if normal { round(value, 8) } else { None }
}

/// Eight characters as their values, if they are digits; the first in the lowest byte.
#[inline(always)]
fn digits_of(chunk: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*chunk) ^ (ONES * b'0' as u64)
}

/// The high bit of the bytes that are not digits; above the lowest one set, bits may be wrong, as sums carry.
#[inline(always)]
fn others(digits: u64) -> u64 {
    (digits.wrapping_add(ONES * (0x80 - 10)) | digits) & (ONES * 0x80)
}

/// The number that eight digits write: neighbours are joined to pairs, those to fours, those to the whole.
#[inline(always)]
fn eight_digits(digits: u64) -> i64 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32) as i64
}

const POWERS: [i64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The form of a number, once its grammar is checked.
struct Shape {
    /// Bytes in all.
    len: usize,
    /// Digits before the point.
    whole: usize,
    /// It has an exponent.
    scaled: bool,
}

impl<'a> Cursor<'a> {
    /// A number as the nearest `f32`, at its first byte; the caller names the field for the error.
    #[inline(always)]
    pub(crate) fn float(&mut self, field: &'static str) -> Step<f32> {
        match plain_decimal(self.rest) {
            Some((value, rest)) if !matches!(rest.first(), Some(b'e' | b'E')) => {
                self.rest = rest;
                Ok(value)
            }
            _ => self.any_float(field),
        }
    }

    /// A number as the nearest `f32`, or null.
    #[inline(always)]
    pub(crate) fn float_or_null(&mut self, field: &'static str) -> Step<Option<f32>> {
        if self.take_null()? { Ok(None) } else { self.float(field).map(Some) }
    }

    #[inline(never)]
    fn any_float(&mut self, field: &'static str) -> Step<f32> {
        if !matches!(self.rest.first(), Some(b'-' | b'0'..=b'9')) {
            return self.unexpected(field, "a number");
        }
        let shape = self.shape()?;
        let value = self.value(&shape)? as f32;
        if value.is_infinite() {
            return self.fail(ParseErrorKind::NumberOutOfRange);
        }
        self.pass(shape.len);
        Ok(value)
    }

    /// A whole number that is not negative, or null.
    #[inline(always)]
    pub(crate) fn count_or_null(&mut self, field: &'static str) -> Step<Option<u32>> {
        match self.rest {
            // Rows, columns, spans and most pages.
            [digit @ b'0'..=b'9', b',' | b'}', ..] => {
                let digit = u32::from(digit - b'0');
                self.pass(1);
                Ok(Some(digit))
            }
            _ => self.any_count(field),
        }
    }

    #[inline(never)]
    fn any_count(&mut self, field: &'static str) -> Step<Option<u32>> {
        if self.take_null()? {
            return Ok(None);
        }
        if !matches!(self.rest.first(), Some(b'-' | b'0'..=b'9')) {
            return self.unexpected(field, "a whole number");
        }
        let shape = self.shape()?;
        // Every u32 is an f64, and so are other ways to write one, such as 2.0.
        let value = self.value(&shape)?;
        let count = value as u32;
        if f64::from(count) != value || value.is_sign_negative() {
            return self.unexpected(field, "a whole number");
        }
        self.pass(shape.len);
        Ok(Some(count))
    }

    pub(super) fn skip_number(&mut self) -> Step<()> {
        let shape = self.shape()?;
        // Only these can be out of range.
        if shape.scaled || shape.whole > 300 {
            self.value(&shape)?;
        }
        self.pass(shape.len);
        Ok(())
    }

    /// Checks the grammar of the number that begins here.
    fn shape(&mut self) -> Step<Shape> {
        let number = self.rest;
        let digits = |from: usize| {
            number.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut len = usize::from(number.first() == Some(&b'-'));
        let whole = digits(len);
        if whole == 0 {
            self.pass(len);
            return self.malformed("a digit");
        }
        if whole > 1 && number.get(len) == Some(&b'0') {
            self.pass(len + 1);
            return self.malformed("no digit after a leading zero");
        }
        len += whole;
        if number.get(len) == Some(&b'.') {
            let fraction = digits(len + 1);
            if fraction == 0 {
                self.pass(len + 1);
                return self.malformed("a digit");
            }
            len += 1 + fraction;
        }
        let scaled = matches!(number.get(len), Some(b'e' | b'E'));
        if scaled {
            let sign = usize::from(matches!(number.get(len + 1), Some(b'+' | b'-')));
            let exponent = digits(len + 1 + sign);
            if exponent == 0 {
                self.pass(len + 1 + sign);
                return self.malformed("a digit");
            }
            len += 1 + sign + exponent;
        }
        Ok(Shape { len, whole, scaled })
    }

    fn value(&mut self, shape: &Shape) -> Step<f64> {
        let number = self.rest.get(..shape.len).unwrap_or_default();
        match fast_float2::parse::<f64, _>(number) {
            Ok(value) if value.is_finite() => Ok(value),
            _ => self.fail(ParseErrorKind::NumberOutOfRange),
        }
    }
}

impl Ahead<'_> {
    /// A number as the nearest `f32`; the caller must check that no exponent follows.
    #[inline(always)]
    pub(crate) fn float(&mut self) -> Option<f32> {
        let (value, rest) = plain_decimal(self.rest)?;
        self.rest = rest;
        Some(value)
    }
}

/// A decimal without sign, one or two digits before its point, and the bytes after it, which may still begin
/// with an exponent. `None` if there is no such decimal, or one that needs more care.
///
/// Textract's coordinates have 16 to 18 digits behind the point, its confidences 13 to 16.
#[inline(always)]
fn plain_decimal(number: &[u8]) -> Option<(f32, &[u8])> {
    let (whole, fraction) = match number {
        [a @ b'0'..=b'9', b'.', rest @ ..] => (i64::from(a - b'0'), rest),
        [a @ b'1'..=b'9', b @ b'0'..=b'9', b'.', rest @ ..] => {
            (i64::from(a - b'0') * 10 + i64::from(b - b'0'), rest)
        }
        _ => return None,
    };
    let (first, rest) = fraction.split_first_chunk()?;
    let first = digits_of(first);
    let others_in_first = others(first);
    if others_in_first != 0 {
        let (digits, last) = leading_digits(first, others_in_first);
        if digits == 0 {
            return None;
        }
        let mantissa = whole * POWERS.get(digits)? + last;
        return Some((scaled(mantissa, digits)?, fraction.get(digits..)?));
    }
    let mantissa = whole * 100_000_000 + eight_digits(first);
    let (second, tail) = rest.split_first_chunk()?;
    let second = digits_of(second);
    let others_in_second = others(second);
    if others_in_second != 0 {
        let (digits, last) = leading_digits(second, others_in_second);
        let mantissa = mantissa * POWERS.get(digits)? + last;
        return Some((scaled(mantissa, 8 + digits)?, rest.get(digits..)?));
    }
    // At most 18 digits so far, of a number below 100.
    let mantissa = mantissa * 100_000_000 + eight_digits(second);
    let third = digits_of(tail.first_chunk()?);
    let others_in_third = others(third);
    if others_in_third == 0 {
        return None;
    }
    let rest = tail.get(others_in_third.trailing_zeros() as usize / 8..)?;
    let value = mantissa as f64 * 1e-16;
    if value >= ENOUGH {
        // The digits from the 17th on add less than 10 to the -16, here less than 512 units.
        return Some((round(value, 1024)?, rest));
    }
    let (digits, last) = leading_digits(third, others_in_third);
    let mantissa = mantissa.checked_mul(*POWERS.get(digits)?)?.checked_add(last)?;
    Some((scaled(mantissa, 16 + digits)?, rest))
}

/// 2 to the -10. From here on a unit in the last place of an `f64` is 2 to the -62 or more.
const ENOUGH: f64 = 1.0 / 1024.0;

/// How many digits the chunk begins with, less than eight, and the number that they write.
#[inline(always)]
fn leading_digits(chunk: u64, others: u64) -> (usize, i64) {
    let digits = (others.trailing_zeros() as usize / 8) & 7;
    // The digits move to the high end, in two steps as there may be none; the zeros that move in are leading
    // ones.
    (digits, eight_digits(chunk << 8 << (56 - 8 * digits)))
}
