//! One request to one answer, whichever front it came through.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};

use super::Inner;
use super::body::ReplyBody;
use super::faults::Fault;
use super::log::{RecordedRequest, Running, Service};
use super::messaging;

/// What a front hands back to its client; none where the connection is to end without an answer.
pub(super) type Reply = Option<http::Response<ReplyBody>>;

/// An error, before the protocol of its service writes it.
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

/// What the faults of a request make of its answer.
#[derive(Debug, Default)]
pub(super) struct Strike {
    pub(super) throttle: bool,
    pub(super) internal_error: bool,
    pub(super) unavailable: bool,
    pub(super) denied: bool,
    pub(super) skewed: bool,
    pub(super) reset: bool,
    pub(super) truncated: bool,
    pub(super) wrong_length: bool,
    pub(super) slow: Option<Duration>,
    pub(super) wrong_key: bool,
    pub(super) not_encrypted: bool,
    pub(super) missing: bool,
    pub(super) expired_job: bool,
    pub(super) extra_part: bool,
    pub(super) duplicate_block: bool,
}

impl Inner {
    /// Waits as the latencies say and tells what else strikes the request.
    pub(super) async fn strike(&self, operation: &str, key: Option<&str>) -> Strike {
        let mut strike =
            Strike { denied: self.denied.iter().any(|denied| denied == operation), ..Strike::default() };
        let mut latency = self.latency;
        for fault in self.faults.strike(operation, key) {
            match fault {
                Fault::Latency(more) => latency += more,
                Fault::Throttle => strike.throttle = true,
                Fault::InternalError => strike.internal_error = true,
                Fault::ServiceUnavailable => strike.unavailable = true,
                Fault::ConnectionReset => strike.reset = true,
                Fault::TruncatedBody => strike.truncated = true,
                Fault::SlowBody(wait) => strike.slow = Some(wait),
                Fault::WrongLength => strike.wrong_length = true,
                Fault::AccessDenied => strike.denied = true,
                Fault::ClockSkew => strike.skewed = true,
                Fault::WrongKey => strike.wrong_key = true,
                Fault::NotEncrypted => strike.not_encrypted = true,
                Fault::MissingPart(_) => strike.missing = true,
                Fault::ExtraPart => strike.extra_part = true,
                Fault::DuplicateBlock => strike.duplicate_block = true,
                Fault::ExpiredJob => strike.expired_job = true,
                // Of messages, not of requests.
                Fault::DuplicateMessage
                | Fault::LostMessage
                | Fault::LateMessage(_)
                | Fault::OutOfOrderMessage => {}
            }
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        strike
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
        if strike.reset {
            return None;
        }
        let result = match strike.refusal(service, &operation) {
            Some(failure) => Err(failure),
            None => match service {
                Service::Textract => {
                    let read = self.read_ahead(&operation, &signer.region, &input).await;
                    self.textract(&operation, &signer.region, input, read, &strike)
                }
                Service::Comprehend => self.comprehend(&operation, &signer.region, &input, &strike).await,
                Service::Sqs => self.sqs(&operation, &signer.region, &origin(&request), &input).await,
                _ => self
                    .keys
                    .answer(&operation, &signer.region, &input)
                    .map(|value| Bytes::from(value.to_string())),
            },
        };
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
        if head || !strike.announces_length(&response) {
            return Some(response.map(|bytes| ReplyBody::new(if head { Bytes::new() } else { bytes })));
        }
        Some(finish(response, &strike, running))
    }
}

impl Strike {
    /// The error by which a service other than S3 refuses the request.
    pub(super) fn refusal(&self, service: Service, operation: &str) -> Option<Failure> {
        let failure = if self.throttle {
            let message = "Rate exceeded";
            match service {
                // A server's fault with Textract, but the client's with the others.
                Service::Textract => Failure::server("ThrottlingException", message),
                Service::Sqs => Failure::client("RequestThrottled", message),
                Service::Sns => Failure::with_status(StatusCode::TOO_MANY_REQUESTS, "Throttled", message),
                _ => Failure::client("ThrottlingException", message),
            }
        } else if self.internal_error {
            let code = match service {
                Service::Textract => "InternalServerError",
                Service::Comprehend => "InternalServerException",
                Service::Sqs => "InternalFailure",
                Service::Sns => "InternalError",
                _ => "KMSInternalException",
            };
            Failure::server(code, "Internal error")
        } else if self.unavailable {
            let code = match service {
                Service::Sqs | Service::Sns => "ServiceUnavailable",
                _ => "ServiceUnavailableException",
            };
            Failure::with_status(StatusCode::SERVICE_UNAVAILABLE, code, "Service unavailable")
        } else if self.denied {
            let message =
                format!("User is not authorized to perform: {}:{operation}", service.signing_name());
            match service {
                Service::Sqs => Failure::with_status(StatusCode::FORBIDDEN, "AccessDenied", message),
                Service::Sns => Failure::with_status(StatusCode::FORBIDDEN, "AuthorizationError", message),
                _ => Failure::client("AccessDeniedException", message),
            }
        } else if self.skewed {
            let message = "Signature expired: the request is too old";
            match service {
                Service::Sns => Failure::with_status(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message),
                _ => Failure::client("InvalidSignatureException", message),
            }
        } else {
            return None;
        };
        Some(failure)
    }

    fn announces_length(&self, response: &http::Response<Bytes>) -> bool {
        !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
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

/// Where the client sent its request to, as queue URLs begin.
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
    if strike.wrong_length {
        let body = response.body_mut();
        body.truncate(body.len() / 2);
    }
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response.map(|bytes| {
        let mut body = ReplyBody::new(bytes).holding(running);
        if strike.truncated {
            body = body.truncated();
        }
        match strike.slow {
            Some(wait) => body.slow(wait),
            None => body,
        }
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

/// The few errors that come before the S3 service sees the request.
fn s3_error(status: StatusCode, code: &'static str, message: &'static str) -> Reply {
    let mut error = s3s::S3Error::with_message(s3s::S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    // A response of s3s's own: its XML is a single frame that is at hand.
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
