use inkseal::resource::S3Object;
use inkseal::{Feature, SecureJob};

fn meaningless(input: S3Object) {
    let _ = SecureJob::text_detection(input).feature(Feature::Tables);
}

fn main() {}
