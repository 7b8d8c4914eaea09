use inkseal::SecureJob;
use inkseal::resource::{Bucket, S3Object};

fn unsealed(input: S3Object, bucket: Bucket) {
    SecureJob::text_detection(input).output_bucket(bucket).build();
}

fn main() {}
