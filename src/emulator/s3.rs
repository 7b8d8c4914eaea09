//! S3, path style, on the protocol of the `s3s` crate.

use std::sync::{Arc, Weak};

use aws_smithy_types::base64;
use bytes::Bytes;
use futures::TryStreamExt;
use http::StatusCode;
use s3s::crypto::Checksum as _;
use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::Inner;
use super::digest;
use super::faults::Fault;
use super::gate::{SharedCall, bad_request, denied, error, no_such_bucket, not_found, upgrade};
use super::route::Strike;
use super::store::{Bucket as StoredBucket, Encryption, Object as StoredObject};

/// The operations.
pub(super) struct Buckets {
    pub(super) inner: Weak<Inner>,
}

/// The headers that say how an object is encrypted: algorithm, key and bucket key.
type Sealing = (Option<ServerSideEncryption>, Option<String>, Option<bool>);

impl Inner {
    fn sealing(&self, encryption: &Encryption, strike: Option<&Strike>) -> Sealing {
        let aes = ServerSideEncryption::from_static(ServerSideEncryption::AES256);
        match encryption {
            Encryption::S3 => (Some(aes), None, None),
            Encryption::Kms { .. } if strike.is_some_and(|strike| strike.takes(&Fault::NotEncrypted)) => {
                (Some(aes), None, None)
            }
            Encryption::Kms { key_arn, bucket_key } => {
                let mut key = key_arn.to_string();
                if strike.is_some_and(|strike| strike.takes(&Fault::WrongKey)) {
                    let key_of = key.rsplit_once('/').map_or("", |(place, _)| place);
                    key = format!("{key_of}/bad0bad0-0bad-4bad-8bad-bad0bad0bad0");
                }
                if self.report_key_as_id {
                    key = key.rsplit('/').next().unwrap_or_default().to_owned();
                }
                let kms = ServerSideEncryption::from_static(ServerSideEncryption::AWS_KMS);
                (Some(kms), Some(key), bucket_key.then_some(true))
            }
        }
    }

    /// How an object is to be encrypted, according to the headers of the request or the bucket's default.
    fn encryption(
        &self,
        region: &str,
        algorithm: Option<&ServerSideEncryption>,
        key: Option<&str>,
        bucket_key: bool,
        default: Encryption,
    ) -> S3Result<Encryption> {
        let encryption = match (algorithm.map(ServerSideEncryption::as_str), key) {
            (None, None) => default,
            (Some(ServerSideEncryption::AES256), None) => Encryption::S3,
            (Some(ServerSideEncryption::AWS_KMS), key) => {
                let found = self.keys.find(region, key.unwrap_or("alias/aws/s3"));
                let key =
                    found.map_err(|missing| bad_request("KMS.NotFoundException", missing.to_string()))?;
                Encryption::Kms { key_arn: key.arn.as_str().into(), bucket_key }
            }
            (Some(ServerSideEncryption::AES256) | None, Some(_)) => {
                let message = "Server Side Encryption with AWS KMS managed key requires HTTP header \
                               x-amz-server-side-encryption : aws:kms";
                return Err(bad_request("InvalidArgument", message));
            }
            (Some(_), _) => {
                return Err(bad_request(
                    "InvalidArgument",
                    "The encryption method specified is not supported",
                ));
            }
        };
        self.usable(&encryption, region)?;
        Ok(encryption)
    }

    /// Refuses a key that KMS would refuse to S3.
    pub(super) fn usable(&self, encryption: &Encryption, region: &str) -> S3Result<()> {
        let Encryption::Kms { key_arn, .. } = encryption else { return Ok(()) };
        let found = self.keys.find(region, key_arn);
        let key = found.map_err(|missing| bad_request("KMS.NotFoundException", missing.to_string()))?;
        match key.state {
            _ if !key.is_symmetric() => {
                let message = format!("{key_arn} is not a symmetric key for encryption");
                Err(bad_request("KMS.InvalidKeyUsageException", message))
            }
            "Enabled" => Ok(()),
            "Disabled" => Err(bad_request("KMS.DisabledException", format!("{key_arn} is disabled."))),
            _ => Err(bad_request("KMS.KMSInvalidStateException", format!("{key_arn} is pending deletion."))),
        }
    }

    /// The object, if its reader may decrypt it.
    fn read(&self, bucket: &str, key: &str, region: &str) -> S3Result<Arc<StoredObject>> {
        let object = self.store.object(bucket, key).ok_or_else(|| match self.denies_listing() {
            true => denied(),
            false => not_found("NoSuchKey", "The specified key does not exist."),
        })?;
        self.usable(&object.encryption, region)?;
        Ok(object)
    }

    /// Whether the caller may not list objects. S3 does not tell such a caller that an object is missing.
    fn denies_listing(&self) -> bool {
        self.is_denied("ListObjectsV2") || self.faults.deny_listing()
    }
}

fn call<T>(request: &S3Request<T>) -> S3Result<SharedCall> {
    request.extensions.get::<SharedCall>().cloned().ok_or_else(|| S3ErrorCode::InternalError.into())
}

fn etag(object: &StoredObject) -> Option<ETag> {
    Some(ETag::Strong(object.etag.clone()))
}

fn versions_are_not_kept(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(bad_request("InvalidArgument", "Invalid version id specified")),
    }
}

const MISSED: &str = "At least one of the pre-conditions you specified did not hold";

fn check_etag(object: &StoredObject, condition: Option<&IfMatch>) -> S3Result<()> {
    let fits = |condition: &IfMatch| match condition.as_etag() {
        Some(etag) => etag.value() == object.etag,
        None => true,
    };
    match condition.is_none_or(fits) {
        true => Ok(()),
        false => Err(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", MISSED)),
    }
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let inner = upgrade(&self.inner)?;
        let signed = call(&req)?.signer.region.clone();
        let constraint = req.input.create_bucket_configuration.and_then(|c| c.location_constraint);
        let region = match constraint.as_ref().map_or("", |constraint| constraint.as_str()) {
            "" => signed.clone(),
            "EU" => "eu-west-1".to_owned(),
            region => region.to_owned(),
        };
        if signed != "us-east-1" && signed != region {
            let message =
                format!("The {region} location constraint is incompatible for the region specific endpoint.");
            return Err(bad_request("IllegalLocationConstraintException", message));
        }
        let name = req.input.bucket;
        let location = Some(format!("/{name}"));
        let mut buckets = inner.store.lock();
        match buckets.get(&name) {
            None => {}
            // S3 does this in its first Region only.
            Some(bucket) if bucket.owner == inner.account && bucket.region == "us-east-1" => {
                return Ok(S3Response::new(CreateBucketOutput { location }));
            }
            Some(bucket) if bucket.owner == inner.account => {
                let message =
                    "Your previous request to create the named bucket succeeded and you already own it.";
                return Err(error(StatusCode::CONFLICT, "BucketAlreadyOwnedByYou", message));
            }
            Some(_) => {
                let message = "The requested bucket name is not available.";
                return Err(error(StatusCode::CONFLICT, "BucketAlreadyExists", message));
            }
        }
        buckets.insert(name, StoredBucket::new(region, inner.account.clone()));
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    async fn delete_bucket(
        &self,
        req: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let inner = upgrade(&self.inner)?;
        let mut buckets = inner.store.lock();
        if buckets.get(&req.input.bucket).is_some_and(|bucket| !bucket.objects.is_empty()) {
            let message = "The bucket you tried to delete is not empty";
            return Err(error(StatusCode::CONFLICT, "BucketNotEmpty", message));
        }
        buckets.remove(&req.input.bucket);
        Ok(S3Response::with_status(DeleteBucketOutput::default(), StatusCode::NO_CONTENT))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let inner = upgrade(&self.inner)?;
        let bucket_region = inner.store.region(&req.input.bucket);
        Ok(S3Response::new(HeadBucketOutput { bucket_region, ..HeadBucketOutput::default() }))
    }

    async fn list_buckets(
        &self,
        _req: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let inner = upgrade(&self.inner)?;
        let stored = inner.store.lock();
        let own = stored.iter().filter(|(_, bucket)| bucket.owner == inner.account);
        let buckets = own.map(|(name, bucket)| Bucket {
            bucket_region: Some(bucket.region.clone()),
            creation_date: Some(bucket.created.into()),
            name: Some(name.clone()),
        });
        let owner = Owner { display_name: None, id: Some(inner.account.clone()) };
        let buckets = Some(buckets.collect());
        Ok(S3Response::new(ListBucketsOutput { buckets, owner: Some(owner), ..ListBucketsOutput::default() }))
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let inner = upgrade(&self.inner)?;
        let region = inner.store.region(&req.input.bucket).filter(|region| region != "us-east-1");
        let location_constraint = region.map(BucketLocationConstraint::from);
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
    }

    async fn put_bucket_encryption(
        &self,
        req: S3Request<PutBucketEncryptionInput>,
    ) -> S3Result<S3Response<PutBucketEncryptionOutput>> {
        let inner = upgrade(&self.inner)?;
        let region = call(&req)?.signer.region.clone();
        let rule = req.input.server_side_encryption_configuration.rules.into_iter().next();
        let bucket_key = rule.as_ref().and_then(|rule| rule.bucket_key_enabled).unwrap_or(false);
        let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
        let default =
            default.ok_or_else(|| bad_request("MalformedXML", "the rule names no default encryption"))?;
        let (algorithm, key) = (Some(&default.sse_algorithm), default.kms_master_key_id.as_deref());
        let encryption = inner.encryption(&region, algorithm, key, bucket_key, Encryption::S3)?;
        if let Some(bucket) = inner.store.lock().get_mut(&req.input.bucket) {
            bucket.encryption = encryption;
        }
        Ok(S3Response::new(PutBucketEncryptionOutput::default()))
    }

    async fn get_bucket_encryption(
        &self,
        req: S3Request<GetBucketEncryptionInput>,
    ) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
        let inner = upgrade(&self.inner)?;
        let encryption = inner.store.lock().get(&req.input.bucket).map(|bucket| bucket.encryption.clone());
        let (algorithm, key, bucket_key) = match encryption.ok_or_else(no_such_bucket)? {
            Encryption::S3 => (ServerSideEncryption::AES256, None, false),
            Encryption::Kms { key_arn, bucket_key } => {
                (ServerSideEncryption::AWS_KMS, Some(key_arn.to_string()), bucket_key)
            }
        };
        let default = ServerSideEncryptionByDefault {
            kms_master_key_id: key,
            sse_algorithm: ServerSideEncryption::from_static(algorithm),
        };
        let rule = ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(default),
            bucket_key_enabled: Some(bucket_key),
        };
        let rules = ServerSideEncryptionConfiguration { rules: vec![rule] };
        Ok(S3Response::new(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(rules) }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let inner = upgrade(&self.inner)?;
        let call = call(&req)?;
        let region = call.signer.region.clone();
        let input = req.input;
        let default = inner.store.lock().get(&input.bucket).map(|bucket| bucket.encryption.clone());
        let encryption = inner.encryption(
            &region,
            input.server_side_encryption.as_ref(),
            input.ssekms_key_id.as_deref(),
            input.bucket_key_enabled.unwrap_or(false),
            default.ok_or_else(no_such_bucket)?,
        )?;
        let body = received(input.body, input.content_md5).await?;
        let checksum = checksum(
            &body,
            [
                ("crc32", input.checksum_crc32),
                ("crc32c", input.checksum_crc32c),
                ("crc64nvme", input.checksum_crc64nvme),
                ("sha1", input.checksum_sha1),
                ("sha256", input.checksum_sha256),
            ],
        )?;
        // Only under SSE-S3 is an ETag the MD5 of the object.
        let md5 = (encryption == Encryption::S3).then(|| digest::md5(&body));
        let mut object = StoredObject::stored(body, encryption.clone());
        if let Some(md5) = md5 {
            object.etag = md5;
        }
        object.content_type = input.content_type;
        object.metadata = input.metadata.map(|metadata| metadata.into_iter().collect());
        object.checksum = checksum.clone();
        let e_tag = etag(&object);
        if input.if_none_match.is_none() {
            inner.store.put(&input.bucket, input.key, object);
        } else if !inner.store.put_new(&input.bucket, input.key, object) {
            return Err(error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", MISSED));
        }
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
            inner.sealing(&encryption, Some(&call.noted().strike));
        let mut output = PutObjectOutput {
            e_tag,
            server_side_encryption,
            ssekms_key_id,
            bucket_key_enabled,
            ..PutObjectOutput::default()
        };
        match checksum {
            Some(("crc32", value)) => output.checksum_crc32 = Some(value),
            Some(("crc32c", value)) => output.checksum_crc32c = Some(value),
            Some(("crc64nvme", value)) => output.checksum_crc64nvme = Some(value),
            Some(("sha1", value)) => output.checksum_sha1 = Some(value),
            Some((_, value)) => output.checksum_sha256 = Some(value),
            None => {}
        }
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let inner = upgrade(&self.inner)?;
        let call = call(&req)?;
        let input = req.input;
        versions_are_not_kept(input.version_id.as_deref())?;
        let object = inner.read(&input.bucket, &input.key, &call.signer.region)?;
        check_etag(&object, input.if_match.as_ref())?;
        let mut bytes = object.content.bytes();
        let mut content_range = None;
        if let Some(range) = input.range {
            let whole = bytes.len() as u64;
            let range = range.check(whole).map_err(|_| {
                error(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "InvalidRange",
                    "The requested range is not satisfiable",
                )
            })?;
            content_range = Some(format!("bytes {}-{}/{whole}", range.start, range.end - 1));
            bytes = bytes.slice(range.start as usize..range.end as usize);
        }
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
            inner.sealing(&object.encryption, Some(&call.noted().strike));
        let partial = content_range.is_some();
        let mut output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(bytes.len() as i64),
            body: Some(s3s::Body::from(bytes).into()),
            bucket_key_enabled,
            content_range,
            content_type: object.content_type.clone().or_else(|| Some("binary/octet-stream".to_owned())),
            e_tag: etag(&object),
            last_modified: Some(object.modified.into()),
            metadata: object.metadata.clone().map(|metadata| metadata.into_iter().collect()),
            server_side_encryption,
            ssekms_key_id,
            ..GetObjectOutput::default()
        };
        if let (Some((kind, value)), Some(_), false) = (&object.checksum, input.checksum_mode, partial) {
            let value = Some(value.clone());
            match *kind {
                "crc32" => output.checksum_crc32 = value,
                "crc32c" => output.checksum_crc32c = value,
                "crc64nvme" => output.checksum_crc64nvme = value,
                "sha1" => output.checksum_sha1 = value,
                _ => output.checksum_sha256 = value,
            }
        }
        let status = if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        Ok(S3Response::with_status(output, status))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let inner = upgrade(&self.inner)?;
        let call = call(&req)?;
        let input = req.input;
        versions_are_not_kept(input.version_id.as_deref())?;
        let object = inner.read(&input.bucket, &input.key, &call.signer.region)?;
        check_etag(&object, input.if_match.as_ref())?;
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
            inner.sealing(&object.encryption, Some(&call.noted().strike));
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            bucket_key_enabled,
            content_length: Some(object.content.len() as i64),
            content_type: object.content_type.clone().or_else(|| Some("binary/octet-stream".to_owned())),
            e_tag: etag(&object),
            last_modified: Some(object.modified.into()),
            metadata: object.metadata.clone().map(|metadata| metadata.into_iter().collect()),
            server_side_encryption,
            ssekms_key_id,
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let inner = upgrade(&self.inner)?;
        if let Some(bucket) = inner.store.lock().get_mut(&req.input.bucket) {
            bucket.objects.remove(&req.input.key);
        }
        Ok(S3Response::with_status(DeleteObjectOutput::default(), StatusCode::NO_CONTENT))
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let inner = upgrade(&self.inner)?;
        let mut buckets = inner.store.lock();
        let bucket = buckets.get_mut(&req.input.bucket).ok_or_else(no_such_bucket)?;
        let quiet = req.input.delete.quiet.unwrap_or(false);
        let mut deleted = Vec::new();
        for object in req.input.delete.objects {
            bucket.objects.remove(&object.key);
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        let deleted = (!quiet).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let inner = upgrade(&self.inner)?;
        super::listing::list(&inner, "ListObjectsV2", req.input).map(S3Response::new)
    }

    async fn list_objects(
        &self,
        req: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let inner = upgrade(&self.inner)?;
        super::listing::list_v1(&inner, req.input).map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let inner = upgrade(&self.inner)?;
        let region = call(&req)?.signer.region.clone();
        let input = req.input;
        let default = inner.store.lock().get(&input.bucket).map(|bucket| bucket.encryption.clone());
        let encryption = inner.encryption(
            &region,
            input.server_side_encryption.as_ref(),
            input.ssekms_key_id.as_deref(),
            input.bucket_key_enabled.unwrap_or(false),
            default.ok_or_else(no_such_bucket)?,
        )?;
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) = inner.sealing(&encryption, None);
        let metadata = input.metadata.map(|metadata| metadata.into_iter().collect());
        let id = inner.uploads.create(&input.bucket, &input.key, encryption, input.content_type, metadata);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            server_side_encryption,
            ssekms_key_id,
            bucket_key_enabled,
            checksum_algorithm: input.checksum_algorithm,
            checksum_type: input.checksum_type,
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let inner = upgrade(&self.inner)?;
        let input = req.input;
        let body = received(input.body, input.content_md5).await?;
        checksum(
            &body,
            [
                ("crc32", input.checksum_crc32.clone()),
                ("crc32c", input.checksum_crc32c),
                ("crc64nvme", input.checksum_crc64nvme),
                ("sha1", input.checksum_sha1),
                ("sha256", input.checksum_sha256),
            ],
        )?;
        let (etag, encryption) =
            inner.uploads.part((&input.bucket, &input.key, &input.upload_id), input.part_number, body)?;
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) = inner.sealing(&encryption, None);
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: input.checksum_crc32,
            server_side_encryption,
            ssekms_key_id,
            bucket_key_enabled,
            ..UploadPartOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let inner = upgrade(&self.inner)?;
        let parts = req.input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let named = |part: CompletedPart| (part.part_number.unwrap_or(0), part.e_tag.map(ETag::into_value));
        let named: Vec<_> = parts.into_iter().map(named).collect();
        let (bucket, key, id) = (req.input.bucket, req.input.key, req.input.upload_id);
        let object = inner.uploads.complete((&bucket, &key, &id), &named)?;
        let (server_side_encryption, ssekms_key_id, bucket_key_enabled) =
            inner.sealing(&object.encryption, None);
        let output = CompleteMultipartUploadOutput {
            bucket: Some(bucket.clone()),
            key: Some(key.clone()),
            e_tag: etag(&object),
            server_side_encryption,
            ssekms_key_id,
            bucket_key_enabled,
            ..CompleteMultipartUploadOutput::default()
        };
        inner.store.put(&bucket, key, object);
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let inner = upgrade(&self.inner)?;
        let AbortMultipartUploadInput { bucket, key, upload_id, .. } = req.input;
        inner.uploads.abort((&bucket, &key, &upload_id))?;
        Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), StatusCode::NO_CONTENT))
    }
}

/// The body of an upload, if it has the MD5 that came with it.
async fn received(body: Option<StreamingBlob>, md5: Option<String>) -> S3Result<Bytes> {
    let failed = |source| S3Error::with_source(S3ErrorCode::InternalError, source);
    let mut pieces: Vec<Bytes> = match body {
        Some(body) => body.try_collect().await.map_err(failed)?,
        None => Vec::new(),
    };
    let body = match pieces.len() {
        0 | 1 => pieces.pop().unwrap_or_default(),
        _ => Bytes::from(pieces.concat()),
    };
    if md5.is_some_and(|sent| sent != base64::encode(s3s::crypto::Md5::checksum(&body))) {
        return Err(bad_request(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
        ));
    }
    Ok(body)
}

/// Verifies the checksum that came with an upload, and returns it.
fn checksum(
    body: &Bytes,
    sent: [(&'static str, Option<String>); 5],
) -> S3Result<Option<(&'static str, String)>> {
    let Some((kind, sent)) = sent.into_iter().find_map(|(kind, sent)| sent.map(|sent| (kind, sent))) else {
        return Ok(None);
    };
    let computed = match kind {
        "crc32" => base64::encode(s3s::crypto::Crc32::checksum(body)),
        "crc32c" => base64::encode(s3s::crypto::Crc32c::checksum(body)),
        "crc64nvme" => base64::encode(s3s::crypto::Crc64Nvme::checksum(body)),
        "sha1" => base64::encode(s3s::crypto::Sha1::checksum(body)),
        _ => base64::encode(s3s::crypto::Sha256::checksum(body)),
    };
    if computed == sent {
        return Ok(Some((kind, sent)));
    }
    Err(bad_request("BadDigest", format!("The {kind} you specified did not match the calculated checksum.")))
}
