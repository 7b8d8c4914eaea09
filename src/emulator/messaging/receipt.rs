//! Receipt handles: opaque to clients, and valid for one queue only.

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use super::queue::Receipt;

/// The handle of a receipt of the queue with this serial number.
pub(super) fn handle(queue: u64, receipt: Receipt) -> String {
    base64::encode(bytes(queue, receipt))
}

/// The receipt in a handle of this queue; none if the handle is malformed or belongs to another queue.
pub(super) fn read(queue: u64, handle: &str) -> Option<Receipt> {
    let decoded = base64::decode(handle).ok()?;
    let (message, rest) = decoded.split_first_chunk()?;
    let (number, _) = rest.split_first_chunk()?;
    let receipt = Receipt { message: u64::from_be_bytes(*message), number: u64::from_be_bytes(*number) };
    (bytes(queue, receipt) == decoded).then_some(receipt)
}

/// The receipt, and a digest that binds it to its queue.
fn bytes(queue: u64, Receipt { message, number }: Receipt) -> Vec<u8> {
    let seal = Sha256::digest([queue, message, number].map(u64::to_be_bytes).concat());
    [&message.to_be_bytes()[..], &number.to_be_bytes(), &seal].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn handles_come_back_and_others_are_none(queue: u64, message: u64, number: u64, text in ".{0,80}") {
            let receipt = Receipt { message, number };
            let handle = handle(queue, receipt);
            prop_assert_eq!(read(queue, &handle), Some(receipt));
            prop_assert_eq!(read(queue.wrapping_add(1), &handle), None);
            prop_assert_eq!(read(queue, &text), None);
            prop_assert_eq!(read(queue, &handle[4..]), None);
        }
    }
}
