//! One request to one answer, whichever front it came through.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};

use super::Inner;
use super::body::ReplyBody;
use super::faults::{Fault, Struck};
use super::log::{RecordedRequest, Running, Service};
use super::messaging;

/// What a front hands back to its client; none if the connection is to end without an answer.
pub(super) type Reply = Option<http::Response<ReplyBody>>;

/// An error, before it is written in the protocol of its service.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn client(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn with_status(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn server(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code, message: message.into() }
    }

    pub(super) fn too_many_jobs() -> Self {
        Self::client("LimitExceededException", "Open jobs exceed maximum concurrent job limit")
    }

    pub(super) fn unknown_operation(operation: &str) -> Self {
        Self::client(
            "UnknownOperationException",
            format!("the emulator does not have the operation {operation}"),
        )
    }
}

/// The part of a signature that the emulator reads. The signature itself is not verified: any secret will do.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) access_key_id: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl Signer {
    /// From the `Authorization` header, or from the query of a presigned URL.
    fn of(headers: &HeaderMap, query: Option<&str>) -> Result<Self, Unsigned> {
        let scope = match headers.get(AUTHORIZATION) {
            Some(value) => {
                let value = value.to_str().map_err(|_| Unsigned::Malformed)?;
                let rest = value.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(Unsigned::Malformed)?;
                let members = |name: &str| {
                    rest.split(',').find_map(|member| member.trim().strip_prefix(name)).map(str::to_owned)
                };
                members("SignedHeaders=").ok_or(Unsigned::Malformed)?;
                members("Signature=").filter(|signature| signature.len() == 64).ok_or(Unsigned::Malformed)?;
                members("Credential=").ok_or(Unsigned::Malformed)?
            }
            None => {
                let value = query
                    .unwrap_or_default()
                    .split('&')
                    .find_map(|pair| pair.strip_prefix("X-Amz-Credential="));
                value.ok_or(Unsigned::Missing)?.replace("%2F", "/").replace("%2f", "/")
            }
        };
        let mut parts = scope.rsplit('/');
        let (terminator, service, region) = (parts.next(), parts.next(), parts.next());
        match (terminator, service, region, parts.next(), parts.next()) {
            (Some("aws4_request"), Some(service), Some(region), Some(_date), Some(id)) if !id.is_empty() => {
                Ok(Self {
                    access_key_id: id.to_owned(),
                    region: region.to_owned(),
                    service: service.to_owned(),
                })
            }
            _ => Err(Unsigned::Malformed),
        }
    }
}

enum Unsigned {
    Missing,
    Malformed,
}

/// What strikes a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Strike {
    /// Whether the operation is denied for good.
    denied: bool,
    faults: Vec<Struck>,
}

/// Why a call is refused before it is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Throttled,
    LimitExceeded,
    InternalError,
    Unavailable,
    Denied,
    Skewed,
}

impl Inner {
    /// Waits for the latencies, and says what else strikes the request.
    pub(super) async fn strike(&self, operation: &str, key: Option<&str>) -> Strike {
        let denied = self.is_denied(operation);
        let strike = Strike { denied, faults: self.faults.strike(operation, key) };
        let added = strike.wait(|fault| match fault {
            Fault::Latency(more) => Some(*more),
            _ => None,
        });
        let latency = self.latency.saturating_add(added);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        strike
    }

    /// Whether the builder denies this operation.
    pub(super) fn is_denied(&self, operation: &str) -> bool {
        self.denied.iter().any(|denied| denied == operation)
    }

    /// Answers a request.
    pub(super) async fn answer(self: &Arc<Self>, request: Request<Bytes>) -> Reply {
        let Some(target) = request.headers().get("x-amz-target") else {
            return match messaging::is_query(&request) {
                true => messaging::query_reply(self, request).await,
                false => self.answer_s3(request).await,
            };
        };
        let target = target.to_str().unwrap_or_default();
        let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
        let service = match prefix {
            "Textract" => Service::Textract,
            "Comprehend_20171127" => Service::Comprehend,
            "TrentService" => Service::Kms,
            "AmazonSQS" => Service::Sqs,
            _ => {
                let failure = Failure::unknown_operation("of this x-amz-target");
                return json_reply(Service::Textract, Err(failure), &Strike::default(), None);
            }
        };
        let operation = operation.to_owned();
        self.answer_json(service, operation, request).await
    }

    async fn answer_json(
        self: &Arc<Self>,
        service: Service,
        operation: String,
        request: Request<Bytes>,
    ) -> Reply {
        let none = Strike::default();
        let signer = match signed(request.headers(), service.signing_name()) {
            Ok(signer) => signer,
            Err(failure) => return json_reply(service, Err(failure), &none, None),
        };
        let Ok(input) = serde_json::from_slice::<Value>(request.body()) else {
            let failure = Failure::client("SerializationException", "the body is not JSON");
            return json_reply(service, Err(failure), &none, None);
        };
        let running = self.log.record(RecordedRequest {
            service,
            operation: operation.clone(),
            region: signer.region.clone(),
            access_key_id: signer.access_key_id,
            bucket: None,
            key: None,
            query: None,
            headers: request.headers().clone(),
            body: Some(input.clone()),
        });
        let queue = input.get("QueueUrl").and_then(Value::as_str).and_then(|url| url.rsplit('/').next());
        let strike = self.strike(&operation, queue).await;
        if strike.takes(&Fault::ConnectionReset) {
            return None;
        }
        if let Some(refusal) = strike.refusal() {
            let failure = refusal.failure(service, &operation);
            return json_reply(service, Err(failure), &strike, Some(running));
        }
        let region = signer.region.as_str();
        let result = match service {
            _ if !service.has(&operation) => Err(Failure::unknown_operation(&operation)),
            Service::Textract => self.textract(&operation, region, input, &strike).await,
            Service::Comprehend => self.comprehend(&operation, region, &input, &strike).await,
            Service::Sqs => self.sqs(&operation, region, &origin(&request), &input).await,
            _ => {
                let described = self.keys.answer(&operation, region, &input);
                described.map(|value| Bytes::from(value.to_string()))
            }
        };
        if strike.takes(&Fault::LostAnswer) {
            return None;
        }
        json_reply(service, result, &strike, Some(running))
    }

    async fn answer_s3(self: &Arc<Self>, request: Request<Bytes>) -> Reply {
        let signer = match Signer::of(request.headers(), request.uri().query()) {
            Ok(signer) if signer.service == "s3" => signer,
            Ok(_) => {
                return s3_error(
                    StatusCode::BAD_REQUEST,
                    "AuthorizationHeaderMalformed",
                    "incorrect service, expect 's3'",
                );
            }
            Err(Unsigned::Missing) => {
                return s3_error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
            }
            Err(Unsigned::Malformed) => {
                return s3_error(
                    StatusCode::BAD_REQUEST,
                    "AuthorizationHeaderMalformed",
                    "the header is malformed",
                );
            }
        };
        let head = request.method() == http::Method::HEAD;
        let (mut response, strike, running) = self.s3.answer(request, signer).await?;
        let request_id = request_id();
        response.headers_mut().insert("x-amz-request-id", request_id);
        if head || !announces_length(&response) {
            return Some(response.map(|bytes| ReplyBody::new(if head { Bytes::new() } else { bytes })));
        }
        Some(finish(response, &strike, running))
    }
}

impl Strike {
    /// Whether this fault strikes, which has then changed something: to be asked only if there is something to change.
    pub(super) fn takes(&self, fault: &Fault) -> bool {
        self.takes_any(|struck| struck == fault)
    }

    /// As [`takes`](Self::takes), of several faults.
    pub(super) fn takes_any(&self, wanted: impl Fn(&Fault) -> bool) -> bool {
        let mut taken = false;
        for struck in self.faults.iter().filter(|struck| wanted(struck.fault())) {
            struck.took_effect();
            taken = true;
        }
        taken
    }

    /// The sum of the times of some faults; zero is no time, and changes nothing.
    fn wait(&self, time: impl Fn(&Fault) -> Option<Duration>) -> Duration {
        let mut sum = Duration::ZERO;
        for struck in &self.faults {
            let time = time(struck.fault()).unwrap_or_default();
            if !time.is_zero() {
                struck.took_effect();
                sum = sum.saturating_add(time);
            }
        }
        sum
    }

    /// The faults that change the output of a job, once it is written.
    pub(super) fn of_output(&self) -> Self {
        let is_of_output =
            |struck: &&Struck| matches!(struck.fault(), Fault::ExtraPart | Fault::DuplicateBlock);
        Self { denied: false, faults: self.faults.iter().filter(is_of_output).cloned().collect() }
    }

    /// Why the call is refused, if it is: the first reason in the order that [`Fault`] documents.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        if self.takes(&Fault::Throttle) {
            Some(Refusal::Throttled)
        } else if self.takes(&Fault::LimitExceeded) {
            Some(Refusal::LimitExceeded)
        } else if self.takes(&Fault::InternalError) {
            Some(Refusal::InternalError)
        } else if self.takes(&Fault::ServiceUnavailable) {
            Some(Refusal::Unavailable)
        } else if self.denied || self.takes(&Fault::AccessDenied) {
            Some(Refusal::Denied)
        } else {
            self.takes(&Fault::ClockSkew).then_some(Refusal::Skewed)
        }
    }
}

impl Refusal {
    /// The error of a service other than S3.
    pub(super) fn failure(self, service: Service, operation: &str) -> Failure {
        match self {
            Self::Throttled => {
                let message = "Rate exceeded";
                match service {
                    // A server's fault with Textract, but the client's with the others.
                    Service::Textract => Failure::server("ThrottlingException", message),
                    Service::Sqs => Failure::client("RequestThrottled", message),
                    Service::Sns => Failure::with_status(StatusCode::TOO_MANY_REQUESTS, "Throttled", message),
                    _ => Failure::client("ThrottlingException", message),
                }
            }
            Self::LimitExceeded => match service {
                Service::Comprehend if operation.starts_with("Start") => {
                    let message = "The number of requests exceeds the limit. Resubmit your request later.";
                    Failure::client("TooManyRequestsException", message)
                }
                Service::Comprehend => {
                    let message = "The maximum number of resources per account has been exceeded.";
                    Failure::client("ResourceLimitExceededException", message)
                }
                _ => Failure::too_many_jobs(),
            },
            Self::InternalError => {
                let code = match service {
                    Service::Textract => "InternalServerError",
                    Service::Comprehend => "InternalServerException",
                    Service::Sqs => "InternalFailure",
                    Service::Sns => "InternalError",
                    _ => "KMSInternalException",
                };
                Failure::server(code, "Internal error")
            }
            Self::Unavailable => {
                let code = match service {
                    Service::Sqs | Service::Sns => "ServiceUnavailable",
                    _ => "ServiceUnavailableException",
                };
                Failure::with_status(StatusCode::SERVICE_UNAVAILABLE, code, "Service unavailable")
            }
            Self::Denied => {
                let action = format!("{}:{operation}", service.signing_name());
                let message = format!("User is not authorized to perform: {action}");
                match service {
                    Service::Sqs => Failure::with_status(StatusCode::FORBIDDEN, "AccessDenied", message),
                    Service::Sns => {
                        Failure::with_status(StatusCode::FORBIDDEN, "AuthorizationError", message)
                    }
                    _ => Failure::client("AccessDeniedException", message),
                }
            }
            Self::Skewed => {
                let message = "Signature expired: the request is too old";
                match service {
                    Service::Sns => {
                        Failure::with_status(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message)
                    }
                    _ => Failure::client("InvalidSignatureException", message),
                }
            }
        }
    }
}

fn announces_length(response: &http::Response<Bytes>) -> bool {
    !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The signature of a request to a service other than S3.
pub(super) fn signed(headers: &HeaderMap, service: &str) -> Result<Signer, Failure> {
    match Signer::of(headers, None) {
        Ok(signer) if signer.service == service => Ok(signer),
        Ok(_) => {
            let message = format!("Credential should be scoped to correct service: '{service}'.");
            Err(Failure::client("InvalidSignatureException", message))
        }
        Err(Unsigned::Missing) => {
            Err(Failure::client("MissingAuthenticationTokenException", "Missing Authentication Token"))
        }
        Err(Unsigned::Malformed) => {
            let message =
                "Authorization header requires existence of Credential, SignedHeaders and Signature";
            Err(Failure::client("IncompleteSignatureException", message))
        }
    }
}

/// Where the client sent its request: the beginning of its queue URLs.
fn origin(request: &Request<Bytes>) -> String {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let host = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", authority.or_else(host).unwrap_or("127.0.0.1"))
}

/// Announces the body's length, then breaks the body as the faults say.
pub(super) fn finish(
    mut response: http::Response<Bytes>,
    strike: &Strike,
    running: Option<Running>,
) -> http::Response<ReplyBody> {
    if !response.body().is_empty() && strike.takes(&Fault::WrongLength) {
        let body = response.body_mut();
        body.truncate(body.len() / 2);
    }
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response.map(|bytes| {
        let mut body = ReplyBody::new(bytes).holding(running);
        if !body.is_empty() && strike.takes(&Fault::TruncatedBody) {
            body = body.truncated();
        }
        if body.is_empty() {
            return body;
        }
        let wait = strike.wait(|fault| match fault {
            Fault::SlowBody(wait) => Some(*wait),
            _ => None,
        });
        if wait.is_zero() { body } else { body.slow(wait) }
    })
}

fn json_reply(
    service: Service,
    result: Result<Bytes, Failure>,
    strike: &Strike,
    running: Option<Running>,
) -> Reply {
    let mut response = http::Response::new(Bytes::new());
    let headers = response.headers_mut();
    let version = match service {
        Service::Sqs => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(version));
    headers.insert("x-amzn-requestid", request_id());
    match result {
        Ok(bytes) => *response.body_mut() = bytes,
        Err(Failure { status, code, message }) => {
            let mut body = json!({"__type": code, "Code": code, "Message": message, "message": message});
            if service == Service::Sqs {
                let (shape, query) = messaging::wire_code(code);
                let fault = if status.is_server_error() { "Receiver" } else { "Sender" };
                if let Ok(value) = HeaderValue::from_str(&format!("{query};{fault}")) {
                    response.headers_mut().insert("x-amzn-query-error", value);
                }
                body = json!({"__type": shape, "message": message});
            }
            *response.status_mut() = status;
            *response.body_mut() = Bytes::from(body.to_string());
        }
    }
    Some(finish(response, strike, running))
}

/// The few errors that come before the S3 service sees a request.
fn s3_error(status: StatusCode, code: &'static str, message: &'static str) -> Reply {
    let mut error = s3s::S3Error::with_message(s3s::S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    // The XML in a response of s3s is a single frame, which is available at once.
    let response = match error.to_http_response() {
        Ok(response) => response.map(|body| body.bytes().unwrap_or_default()),
        Err(_) => http::Response::new(Bytes::new()),
    };
    let mut response = finish(response, &Strike::default(), None);
    *response.status_mut() = status;
    response.headers_mut().insert("x-amz-request-id", request_id());
    Some(response)
}

pub(super) fn request_id() -> HeaderValue {
    let id = format!("{:016X}", fastrand::u64(..));
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("0"))
}
