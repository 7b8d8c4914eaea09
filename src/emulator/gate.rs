//! What happens to an S3 request before its operation: the signature and the chunks are removed, faults strike, and
//! what holds for every operation is checked.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::Inner;
use super::chunked;
use super::faults::Fault;
use super::log::{RecordedRequest, Running, Service};
use super::route::{Refusal, Signer, Strike};
use super::s3::Buckets;

/// The S3 service of an emulator.
#[derive(Debug)]
pub(super) struct Front {
    service: S3Service,
}

/// What the gate learns about a request and the operation needs to know. It is carried in the request's extensions.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) signer: Signer,
    noted: Mutex<Noted>,
}

impl Call {
    pub(super) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) strike: Strike,
    /// Whether a fault refuses the request.
    is_refused: bool,
    running: Option<Running>,
}

pub(super) type SharedCall = Arc<Call>;

impl Front {
    pub(super) fn new(inner: Weak<Inner>) -> Self {
        let mut builder = S3ServiceBuilder::new(Buckets { inner: inner.clone() });
        // s3s asks the gate only if it can check signatures; it never finds one, as they are removed before.
        builder.set_auth(NoSecrets);
        builder.set_access(Gate { inner });
        Self { service: builder.build() }
    }

    /// Answers a signed request; none if the connection is to end.
    pub(super) async fn answer(
        &self,
        request: Request<Bytes>,
        signer: Signer,
    ) -> Option<(Response<Bytes>, Strike, Option<Running>)> {
        let call: SharedCall = Arc::new(Call { signer, noted: Mutex::default() });
        let response = match prepare(request) {
            Ok(mut request) => {
                request.extensions_mut().insert(Arc::clone(&call));
                match self.service.call(request.map(s3s::Body::from)).await {
                    Ok(response) => response,
                    Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "the answer failed")
                        .into_response(),
                }
            }
            Err(refused) => refused.into_response(),
        };
        let (head, body) = response.into_parts();
        // Every body is a single piece here, so this copies nothing.
        let body = http_body_util::BodyExt::collect(body).await.map(|all| all.to_bytes()).unwrap_or_default();
        let Noted { strike, is_refused, running } = std::mem::take(&mut *call.noted());
        let is_lost =
            strike.takes(&Fault::ConnectionReset) || (!is_refused && strike.takes(&Fault::LostAnswer));
        (!is_lost).then(|| (Response::from_parts(head, body), strike, running))
    }
}

trait IntoResponse {
    fn into_response(self) -> s3s::HttpResponse;
}

impl IntoResponse for S3Error {
    fn into_response(self) -> s3s::HttpResponse {
        self.to_http_response().unwrap_or_else(|_| {
            let mut response = Response::new(s3s::Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

pub(super) fn error(
    status: StatusCode,
    code: &'static str,
    message: impl Into<Cow<'static, str>>,
) -> S3Error {
    let known = code.parse().unwrap_or(S3ErrorCode::Custom(code.into()));
    let mut error = S3Error::with_message(known, message);
    error.set_status_code(status);
    error
}

pub(super) fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> S3Error {
    error(StatusCode::BAD_REQUEST, code, message)
}

pub(super) fn not_found(code: &'static str, message: &'static str) -> S3Error {
    error(StatusCode::NOT_FOUND, code, message)
}

/// Removes the signature, and joins a body that comes in signed chunks.
fn prepare(request: Request<Bytes>) -> Result<Request<Bytes>, S3Error> {
    let (mut head, mut body) = request.into_parts();
    if let Some(query) = head.uri.query().filter(|query| query.contains("X-Amz-Credential=")) {
        let kept =
            query.split('&').filter(|pair| !pair.starts_with("X-Amz-") || pair.starts_with("X-Amz-Checksum"));
        let kept = kept.collect::<Vec<_>>().join("&");
        let path = head.uri.path();
        let uri = if kept.is_empty() { path.to_owned() } else { format!("{path}?{kept}") };
        head.uri = uri.parse().map_err(|_| bad_request("InvalidURI", "the URI cannot be read"))?;
    }
    head.headers.remove(http::header::AUTHORIZATION);
    let streaming =
        head.headers.get("x-amz-content-sha256").is_some_and(|v| v.as_bytes().starts_with(b"STREAMING-"));
    if streaming {
        let (decoded, trailers) = chunked::decode(&body).ok_or_else(|| {
            bad_request("IncompleteBody", "the chunks of the body do not add up to its length")
        })?;
        body = decoded;
        head.headers.extend(trailers);
        head.headers.remove("x-amz-trailer");
        head.headers.remove("x-amz-decoded-content-length");
        let encodings = head.headers.get(http::header::CONTENT_ENCODING).and_then(|v| v.to_str().ok());
        let encodings: Vec<String> = encodings
            .unwrap_or_default()
            .split(',')
            .map(|e| e.trim().to_owned())
            .filter(|e| e != "aws-chunked")
            .collect();
        head.headers.remove(http::header::CONTENT_ENCODING);
        if let (false, Ok(value)) = (encodings.iter().all(String::is_empty), encodings.join(",").parse()) {
            head.headers.insert(http::header::CONTENT_ENCODING, value);
        }
    }
    head.headers.remove("x-amz-content-sha256");
    head.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Ok(Request::from_parts(head, body))
}

struct NoSecrets;

#[async_trait::async_trait]
impl S3Auth for NoSecrets {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        Err(S3ErrorCode::AccessDenied.into())
    }
}

/// Sees every request once s3s has recognised its operation.
struct Gate {
    inner: Weak<Inner>,
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let inner = upgrade(&self.inner)?;
        let (bucket, key) = match cx.s3_path() {
            S3Path::Root => (None, None),
            S3Path::Bucket { bucket } => (Some(bucket.to_string()), None),
            S3Path::Object { bucket, key } => (Some(bucket.to_string()), Some(key.to_string())),
        };
        let call = cx.extensions_mut().get::<SharedCall>().cloned().ok_or(S3ErrorCode::InternalError)?;
        let operation = cx.s3_op().name();
        let running = inner.log.record(RecordedRequest {
            service: Service::S3,
            operation: operation.to_owned(),
            region: call.signer.region.clone(),
            access_key_id: call.signer.access_key_id.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            query: cx.uri().query().map(str::to_owned),
            headers: cx.headers().clone(),
            body: None,
        });
        let strike = inner.strike(operation, key.as_deref()).await;
        let refused = match strike.takes(&Fault::ConnectionReset) {
            true => Some(S3ErrorCode::InternalError.into()),
            false => strike.refusal().map(error_of),
        };
        *call.noted() = Noted { strike, is_refused: refused.is_some(), running: Some(running) };
        if let Some(refused) = refused {
            return Err(refused);
        }
        inner.settle();
        if let Some(bucket) = bucket.as_deref().filter(|_| operation != "CreateBucket") {
            check_bucket(&inner, operation, bucket, &call.signer.region, cx.headers())?;
        }
        let is_there =
            bucket.zip(key).is_some_and(|(bucket, key)| inner.store.object(&bucket, &key).is_some());
        if is_there && call.noted().strike.takes_any(|fault| matches!(fault, Fault::MissingPart(_))) {
            return Err(not_found("NoSuchKey", "The specified key does not exist."));
        }
        let reads = matches!(operation, "GetObject" | "HeadObject");
        if reads && cx.headers().keys().any(|name| SSE_OF_WRITES.contains(&name.as_str())) {
            let message = "x-amz-server-side-encryption header is not supported for this operation.";
            return Err(bad_request("InvalidArgument", message));
        }
        match Service::S3.has(operation) {
            true => Ok(()),
            false => Err(S3ErrorCode::NotImplemented.into()),
        }
    }
}

const SSE_OF_WRITES: [&str; 3] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
];

pub(super) fn upgrade(inner: &Weak<Inner>) -> S3Result<Arc<Inner>> {
    inner.upgrade().ok_or_else(|| S3ErrorCode::InternalError.into())
}

/// The error of S3 for what refuses a request.
fn error_of(refusal: Refusal) -> S3Error {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match refusal {
        // S3 has no jobs.
        Refusal::Throttled | Refusal::LimitExceeded => {
            error(unavailable, "SlowDown", "Please reduce your request rate.")
        }
        Refusal::InternalError => {
            let message = "We encountered an internal error. Please try again.";
            error(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
        }
        Refusal::Unavailable => {
            error(unavailable, "ServiceUnavailable", "Service is unable to handle request.")
        }
        Refusal::Denied => denied(),
        Refusal::Skewed => {
            let message = "The difference between the request time and the current time is too large.";
            error(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message)
        }
    }
}

pub(super) fn denied() -> S3Error {
    error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
}

fn check_bucket(
    inner: &Inner,
    operation: &str,
    name: &str,
    region: &str,
    headers: &HeaderMap,
) -> S3Result<()> {
    let buckets = inner.store.lock();
    let bucket = buckets.get(name).ok_or_else(no_such_bucket)?;
    let expected = headers.get("x-amz-expected-bucket-owner").map(HeaderValue::as_bytes);
    if expected.is_some_and(|expected| expected != bucket.owner.as_bytes()) {
        return Err(denied());
    }
    if bucket.region != region && operation != "GetBucketLocation" {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please \
                       send all future requests to this endpoint.";
        let mut elsewhere = error(StatusCode::MOVED_PERMANENTLY, "PermanentRedirect", message);
        let mut headers = HeaderMap::new();
        if let Ok(value) = bucket.region.parse() {
            headers.insert("x-amz-bucket-region", value);
        }
        elsewhere.set_headers(headers);
        return Err(elsewhere);
    }
    Ok(())
}

pub(super) fn no_such_bucket() -> S3Error {
    not_found("NoSuchBucket", "The specified bucket does not exist")
}
