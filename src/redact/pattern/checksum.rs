//! Check digits. Each function takes only the digits and letters of a number, letters in upper case.

/// The value of a digit; of anything else a value with which no check passes by chance.
fn value(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| value(*digit) * weight).sum()
}

/// The last digit of a number.
fn last(digits: &[u8]) -> u32 {
    digits.last().map_or(u32::MAX, |digit| value(*digit))
}

/// ISO/IEC 7812-1, annex B: cards, and the Canadian Social Insurance Number.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |(index, digit): (usize, &u8)| match value(*digit) * if index % 2 == 1 { 2 } else { 1 } {
        sum @ 10.. => sum - 9,
        sum => sum,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// ISO 7064 MOD 97-10 as ISO 13616 uses it for IBANs: the first four characters count last.
pub(super) fn mod97(iban: &[u8]) -> bool {
    let (Some(head), Some(rest)) = (iban.get(..4), iban.get(4..)) else { return false };
    let rest = rest.iter().chain(head).try_fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => Some((rest * 10 + value(*byte)) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    rest == Some(1)
}

const VERHOEFF_PRODUCT: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

const VERHOEFF_PERMUTATION: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Verhoeff's check digit, which Aadhaar numbers end with.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    let check = digits.iter().rev().zip((0..8).cycle()).try_fold(0_u8, |check, (digit, position)| {
        let permuted =
            VERHOEFF_PERMUTATION.get::<usize>(position)?.get(usize::from(digit.wrapping_sub(b'0')))?;
        VERHOEFF_PRODUCT.get(usize::from(check))?.get(usize::from(*permuted)).copied()
    });
    check == Some(0)
}

/// An ABA routing transit number: weights 3, 7, 1, and a first pair that the Federal Reserve assigns.
pub(super) fn aba(digits: &[u8]) -> bool {
    let pair = digits.iter().take(2).fold(0, |pair, digit| pair * 10 + value(*digit));
    let is_given = matches!(pair, 0..=12 | 21..=32 | 61..=72 | 80);
    let is_zero = digits.iter().all(|digit| *digit == b'0');
    is_given && !is_zero && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// An NHS number: weights 10 to 2, modulo 11, and no number whose check digit would be 10.
pub(super) fn nhs(digits: &[u8]) -> bool {
    let check = 11 - weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    check != 10 && check % 11 == last(digits) && !is_uniform(digits)
}

/// A Unique Taxpayer Reference: its first digit checks the other nine.
pub(super) fn utr(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_first() else { return false };
    let remainder = weighted(rest, &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    usize::try_from(remainder).is_ok_and(|index| b"21987654321".get(index) == Some(check))
}

/// The check digit of a Vehicle Identification Number (49 CFR 565.15), the ninth of 17.
pub(super) fn vin(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum = characters.iter().zip(WEIGHTS).try_fold(0, |sum, (byte, weight)| {
        let value = match byte {
            b'0'..=b'9' => value(*byte),
            b'A'..=b'H' => u32::from(byte - b'A') + 1,
            b'J'..=b'N' => u32::from(byte - b'J') + 1,
            b'P' => 7,
            b'R' => 9,
            b'S'..=b'Z' => u32::from(byte - b'S') + 2,
            _ => return None,
        };
        Some(sum + value * weight)
    });
    let Some(remainder) = sum.map(|sum| sum % 11) else { return false };
    let expected = if remainder == 10 { u32::from(b'X' - b'0') } else { remainder };
    characters.get(8).is_some_and(|check| value(*check) == expected) && !is_uniform(characters)
}

/// Whether all characters are the same.
pub(super) fn is_uniform(characters: &[u8]) -> bool {
    characters.windows(2).all(|pair| matches!(pair, [one, other] if one == other))
}

// Numbers for which Comprehend has no name.

/// The letter of a Spanish DNI, or of an NIE, whose first letter counts as a digit.
pub(super) fn nif(characters: &[u8]) -> bool {
    let Some((letter, number)) = characters.split_last() else { return false };
    let number = number.iter().fold(0, |number, byte| {
        number * 10
            + match byte {
                b'X' => 0,
                b'Y' => 1,
                b'Z' => 2,
                digit => value(*digit) % 10,
            }
    });
    usize::try_from(number % 23).is_ok_and(|index| b"TRWAGMYFPDXBNJZSQVHLCKE".get(index) == Some(letter))
}

/// The last letter of an Italian fiscal code.
pub(super) fn codice_fiscale(characters: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let Some((check, body)) = characters.split_last() else { return false };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(index, byte)| {
            let order = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
            match index % 2 {
                0 => ODD.get(usize::from(order)).copied().unwrap_or(0),
                _ => u32::from(order),
            }
        })
        .sum();
    u32::from(check.wrapping_sub(b'A')) == sum % 26
}

/// An Australian Business Number: one subtracted from the first digit, modulo 89.
pub(super) fn abn(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 11] = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
    digits.first() != Some(&b'0') && weighted(digits, &WEIGHTS) % 89 == 10
}

/// An Australian Company Number: weights 8 to 1, modulo 10.
pub(super) fn acn(digits: &[u8]) -> bool {
    (10 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == last(digits)
}

/// An Australian Tax File Number of nine digits.
pub(super) fn tfn(digits: &[u8]) -> bool {
    weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && !is_uniform(digits)
}

/// An Australian Medicare number: the ninth digit checks the eight before it.
pub(super) fn medicare(digits: &[u8]) -> bool {
    let is_given = digits.first().is_some_and(|first| matches!(first, b'2'..=b'6'));
    let check = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10;
    is_given && digits.get(8).is_some_and(|digit| value(*digit) == check)
}

/// The last letter of a Singaporean NRIC or FIN.
pub(super) fn nric(characters: &[u8]) -> bool {
    let (Some(first), Some(digits), Some(check)) =
        (characters.first(), characters.get(1..8), characters.get(8))
    else {
        return false;
    };
    let offset = match first {
        b'T' | b'G' => 4,
        b'M' => 3,
        _ => 0,
    };
    let remainder = (weighted(digits, &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    let letters = match first {
        b'S' | b'T' => b"JZIHGFEDCBA",
        b'F' | b'G' => b"XWUTRQPNMLK",
        b'M' => b"XWUTRQPNJLK",
        _ => return false,
    };
    usize::try_from(remainder).is_ok_and(|index| letters.get(index) == Some(check))
}

/// A Polish PESEL: weights 1, 3, 7, 9, modulo 10.
pub(super) fn pesel(digits: &[u8]) -> bool {
    (10 - weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == last(digits)
}

/// A registration number of the Drug Enforcement Administration of the USA: two letters and seven digits.
pub(super) fn dea(characters: &[u8]) -> bool {
    characters.get(2..).is_some_and(|digits| weighted(digits, &[1, 2, 1, 2, 1, 2]) % 10 == last(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&[u8]) -> bool;

    /// Numbers that are published as examples. Each is right, and with no other last digit would be.
    const VECTORS: &[(&str, Check, &[&str])] = &[
        (
            "luhn",
            luhn,
            &["4111111111111111", "378282246310005", "5555555555554444", "79927398713", "046454286"],
        ),
        ("mod97", mod97, &["GB29NWBK60161331926819", "DE89370400440532013000", "NO9386011117947"]),
        ("verhoeff", verhoeff, &["2363", "123451", "758722"]),
        ("aba", aba, &["111000025", "021000021", "011401533", "122105155"]),
        ("nhs", nhs, &["9434765919", "4010232137"]),
        ("vin", vin, &["1M8GDM9AXKP042788", "1HGCM82633A004352"]),
        ("nif", nif, &["12345678Z", "X1234567L", "00000000T"]),
        ("codice fiscale", codice_fiscale, &["RSSMRA85T10A562S", "RCCMNL83S18D969H"]),
        ("abn", abn, &["51824753556"]),
        ("acn", acn, &["004085616", "010499966"]),
        ("tfn", tfn, &["876543210"]),
        ("nric", nric, &["S0000001I", "S1234567D", "T0000001E", "F1234567N", "G1234567X"]),
        ("pesel", pesel, &["44051401359", "02070803628"]),
        ("dea", dea, &["BB1388568", "F91234563"]),
    ];

    #[test]
    fn published_numbers_pass() {
        for (name, check, numbers) in VECTORS {
            for number in *numbers {
                assert!(check(number.as_bytes()), "{name} {number}");
            }
        }
        assert!(utr(b"1955839661"));
        assert!(medicare(b"2123456701") && !medicare(b"2123456711"));
    }

    /// Except of those whose weights share a factor with the modulus.
    #[test]
    fn one_wrong_digit_fails() {
        for (name, check, numbers) in
            VECTORS.iter().filter(|(name, ..)| !matches!(*name, "vin" | "acn" | "dea"))
        {
            for number in *numbers {
                for (index, byte) in number.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
                    let mut wrong = number.as_bytes().to_vec();
                    for digit in (b'0'..=b'9').filter(|digit| *digit != byte) {
                        if let Some(place) = wrong.get_mut(index) {
                            *place = digit;
                        }
                        assert!(!check(&wrong), "{name} {number} {index} {digit}");
                    }
                }
            }
        }
        assert!(!utr(b"2955839661") && !utr(b"1955839662"));
        assert!(!vin(b"1M8GDM9A1KP042788") && !vin(b"IM8GDM9AXKP042788"));
    }

    #[test]
    fn nothing_is_no_number() {
        for (name, check, _) in VECTORS.iter().filter(|(name, ..)| !matches!(*name, "luhn" | "verhoeff")) {
            assert!(!check(b""), "{name}");
        }
    }
}
