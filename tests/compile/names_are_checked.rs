use inkseal::resource::KmsKey;

fn unchecked() -> KmsKey {
    KmsKey { text: "alias/aws/s3".into() }
}

fn main() {}
