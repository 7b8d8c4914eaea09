use inkseal::resource::S3Object;
use inkseal::{Feature, SecureJob};

fn unsealed(input: S3Object) {
    SecureJob::analysis(input).feature(Feature::Tables).build();
}

fn main() {}
