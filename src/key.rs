//! The KMS key before the start: whether it can seal, and which key an alias names.

use crate::clients::Clients;
use crate::error::{Error, Result};
use crate::resource::{KmsKey, Region};

/// The key as it will be sent and compared: checked and resolved if there is a KMS client.
///
/// # Errors
///
/// [`UnusableKey`](crate::ErrorKind::UnusableKey) if KMS says that it cannot seal;
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an alias without a client that can resolve it, because no output
/// object could be verified then.
pub(crate) async fn settle(clients: &Clients, key: &KmsKey, region: Option<&Region>) -> Result<KmsKey> {
    #[cfg(feature = "kms")]
    if let Some(checks) = clients.kms() {
        return checks.check(key, region).await;
    }
    let _ = (clients, region);
    if key.is_alias() {
        return Err(Error::invalid(
            "an alias cannot be compared with what S3 reports: name the key by its ARN, or enable the feature kms \
             and give the clients a KMS client",
        ));
    }
    Ok(key.clone())
}

#[cfg(feature = "kms")]
pub(crate) use self::describe::KeyChecks;

#[cfg(feature = "kms")]
mod describe {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType};
    use tokio::time::Instant;

    use crate::clients::send;
    use crate::error::{Error, ErrorKind, Result, Stage};
    use crate::resource::{KmsKey, Region};

    /// How long the answer about a key is relied on. A thousand starts one after another then cost one call, and a key that
    /// is disabled in between is still refused by Textract itself.
    const REMEMBERED: Duration = Duration::from_secs(5 * 60);

    /// Checks keys with `DescribeKey`, and remembers the ones that can seal.
    pub(crate) struct KeyChecks {
        kms: aws_sdk_kms::Client,
        sound: Mutex<HashMap<KmsKey, (Instant, KmsKey)>>,
    }

    impl KeyChecks {
        pub(crate) fn new(kms: aws_sdk_kms::Client) -> Self {
            Self { kms, sound: Mutex::default() }
        }

        #[cfg(feature = "posture")]
        pub(crate) fn client(&self) -> &aws_sdk_kms::Client {
            &self.kms
        }

        /// The ARN of the key, if it is customer-managed, enabled, symmetric, for encryption, and in the Region.
        pub(crate) async fn check(&self, key: &KmsKey, region: Option<&Region>) -> Result<KmsKey> {
            let known = self.known().get(key).filter(|(at, _)| at.elapsed() < REMEMBERED).cloned();
            if let Some((_, arn)) = known {
                in_region(&arn, region)?;
                return Ok(arn);
            }
            let call = self.kms.describe_key().key_id(key.as_str());
            let answer = send(Stage::CheckKey, "DescribeKey", call.send()).await?;
            let metadata = answer.key_metadata.ok_or_else(|| unusable("KMS does not describe it"))?;
            let arn = sound(&metadata, region)?;
            let mut known = self.known();
            known.retain(|_, (at, _)| at.elapsed() < REMEMBERED);
            known.insert(key.clone(), (Instant::now(), arn.clone()));
            Ok(arn)
        }

        fn known(&self) -> std::sync::MutexGuard<'_, HashMap<KmsKey, (Instant, KmsKey)>> {
            // Nothing under the lock can panic, and the map is only a cache.
            self.sound.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    fn unusable(why: &str) -> Error {
        Error::new(
            ErrorKind::UnusableKey,
            Stage::CheckKey,
            format!("the KMS key cannot seal the output: {why}"),
        )
    }

    fn sound(metadata: &KeyMetadata, region: Option<&Region>) -> Result<KmsKey> {
        if metadata.key_manager != Some(KeyManagerType::Customer) {
            return Err(unusable("it is managed by AWS, name a customer-managed key"));
        }
        if !metadata.enabled || metadata.key_state != Some(KeyState::Enabled) {
            let state = metadata.key_state.as_ref().map_or("unknown", KeyState::as_str);
            return Err(unusable(&format!("its state is {state}, not Enabled")));
        }
        if metadata.key_usage != Some(KeyUsageType::EncryptDecrypt) {
            return Err(unusable("its usage is not ENCRYPT_DECRYPT"));
        }
        if metadata.key_spec != Some(KeySpec::SymmetricDefault) {
            return Err(unusable("it is not symmetric (SYMMETRIC_DEFAULT), as S3 needs"));
        }
        let arn: Option<KmsKey> = metadata.arn.as_deref().and_then(|arn| arn.parse().ok());
        let arn = arn.filter(|arn| arn.is_arn() && !arn.is_alias());
        let arn = arn.ok_or_else(|| unusable("KMS does not give its ARN"))?;
        in_region(&arn, region)?;
        Ok(arn)
    }

    fn in_region(arn: &KmsKey, region: Option<&Region>) -> Result<()> {
        Ok(region.map_or(Ok(()), |region| arn.check_region(region))?)
    }
}
