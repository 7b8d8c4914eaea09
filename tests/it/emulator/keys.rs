//! `DescribeKey`.

use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState};
use inkseal::emulator::{EmulatedKey, Error};

use super::*;

async fn describe(kms: &aws_sdk_kms::Client, name: &str) -> KeyMetadata {
    kms.describe_key().key_id(name).send().await.unwrap().key_metadata.unwrap()
}

#[tokio::test(start_paused = true)]
async fn keys_are_described_by_every_form_of_their_name() {
    let arn = |id: &str| format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
    let emulator = Emulator::builder()
        .kms_key(EmulatedKey::customer(KEY).alias("alias/documents"))
        .kms_key(EmulatedKey::customer(arn("off")).disabled())
        .kms_key(EmulatedKey::customer(arn("gone")).pending_deletion())
        .kms_key(EmulatedKey::customer(arn("rsa")).asymmetric())
        .kms_key(EmulatedKey::customer(arn("mac")).spec_and_usage("HMAC_256", "GENERATE_VERIFY_MAC"))
        .kms_key(arn("mrk-0123456789abcdef0123456789abcdef"))
        .build()
        .unwrap();
    let kms = Clients::new(&emulator).kms;
    for name in [KEY, "1234abcd-12ab-34cd-56ef-1234567890ab", "alias/documents"] {
        let key = describe(&kms, name).await;
        assert_eq!((key.arn(), key.enabled), (Some(KEY), true));
        assert_eq!(key.key_manager, Some(KeyManagerType::Customer));
        assert_eq!(key.key_spec.unwrap().as_str(), "SYMMETRIC_DEFAULT");
    }
    assert_eq!(describe(&kms, "off").await.key_state, Some(KeyState::Disabled));
    let gone = describe(&kms, "gone").await;
    assert_eq!(gone.key_state, Some(KeyState::PendingDeletion));
    assert!(gone.deletion_date.is_some());
    assert_eq!(describe(&kms, "rsa").await.key_spec.unwrap().as_str(), "RSA_2048");
    assert_eq!(describe(&kms, "mac").await.key_usage.unwrap().as_str(), "GENERATE_VERIFY_MAC");
    assert_eq!(describe(&kms, "mrk-0123456789abcdef0123456789abcdef").await.multi_region, Some(true));
    assert_eq!(describe(&kms, "alias/aws/s3").await.key_manager, Some(KeyManagerType::Aws));
    for name in ["none", "alias/none", "arn:aws:kms:eu-west-1:111122223333:key/off"] {
        assert_eq!(refused(kms.describe_key().key_id(name).send().await), "NotFoundException", "{name}");
    }
    assert_eq!(refused(kms.list_keys().send().await), "UnknownOperationException");
}

#[test]
fn keys_are_arns() {
    for arn in [
        "key",
        "arn:aws:kms:us-east-1:1:key/a",
        "arn:aws:kms:us-east-1:111122223333:alias/a",
        "arn:aws:s3:::b",
    ] {
        let built = Emulator::builder().kms_key(arn).build();
        assert!(matches!(built, Err(Error::InvalidKeyArn { .. })), "{arn}");
    }
}
