use inkseal::SecureJob;
use inkseal::resource::{KmsKey, S3Object};

fn ambiguous(input: S3Object, first: KmsKey, second: KmsKey) {
    let _ = SecureJob::text_detection(input).kms_key(first).kms_key(second);
}

fn main() {}
