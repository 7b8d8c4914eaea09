use inkseal::SecureJob;
use inkseal::resource::{KmsKey, S3Object};

fn unsealed(input: S3Object, key: KmsKey) {
    SecureJob::text_detection(input).kms_key(key).build();
}

fn main() {}
