//! An interceptor in every client, which sees each call begin and end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::facts::{self, Facts};
use super::{AuditEvent, CallOutcome, Sink};
use crate::clients::Service;
use crate::error::is_code;

/// Makes the events of one client.
#[derive(Clone, Debug)]
pub(crate) struct Auditor {
    pub(crate) service: Service,
    pub(crate) sink: Sink,
}

/// Marks a call that is never going to be sent, so that there is nothing to record.
#[cfg(feature = "posture")]
#[derive(Debug)]
pub(crate) struct Unsent;

#[cfg(feature = "posture")]
impl Storable for Unsent {
    type Storer = StoreReplace<Self>;
}

/// A call that has begun. It lives as long as the call's future, and gives its event if that is dropped before its end.
#[derive(Debug)]
struct Begun {
    event: Mutex<Option<AuditEvent>>,
    sink: Sink,
}

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

impl Begun {
    fn event(&self) -> MutexGuard<'_, Option<AuditEvent>> {
        // Nothing that can panic happens under the lock.
        self.event.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: CallOutcome, request_id: Option<String>, answered: Facts) {
        // Out of the lock first: a sink may do anything.
        let Some(event) = self.event().take() else { return };
        let job_id = answered.job_id.or(event.job_id);
        let kms_key = event.kms_key.or(answered.kms_key);
        self.sink.emit(&AuditEvent {
            outcome,
            request_id,
            job_id,
            kms_key,
            ended: SystemTime::now(),
            ..event
        });
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.end(CallOutcome::Abandoned, None, Facts::default());
    }
}

impl Intercept for Auditor {
    fn name(&self) -> &'static str {
        "inkseal::Auditor"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Facts { job_id, kms_key, volume_key, model_key, bucket, object, output_bucket } =
            facts::asked(context.input());
        let now = SystemTime::now();
        let event = AuditEvent {
            service: self.service.name(),
            // Not known yet: the configuration of the operation is set after this.
            operation: String::new(),
            request_id: None,
            job_id,
            kms_key,
            volume_key,
            model_key,
            bucket,
            object,
            output_bucket,
            outcome: CallOutcome::Abandoned,
            attempts: 0,
            started: now,
            ended: now,
        };
        let begun = Begun { event: Mutex::new(Some(event)), sink: self.sink.clone() };
        config.interceptor_state().store_put(begun);
        Ok(())
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        name_operation(config);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(begun) = config.load::<Begun>()
            && let Some(event) = begun.event().as_mut()
        {
            event.attempts = event.attempts.saturating_add(1);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(begun) = config.load::<Begun>() else { return Ok(()) };
        #[cfg(feature = "posture")]
        if config.load::<Unsent>().is_some() {
            begun.event().take();
            return Ok(());
        }
        let answered = match context.output_or_error() {
            Some(Ok(output)) => facts::answered(output),
            _ => Facts::default(),
        };
        name_operation(config);
        let attempts = begun.event().as_ref().map_or(0, |event| event.attempts);
        begun.end(outcome(context, attempts), context.response().and_then(request_id), answered);
        Ok(())
    }
}

fn name_operation(config: &ConfigBag) {
    if let (Some(begun), Some(metadata)) = (config.load::<Begun>(), config.load::<Metadata>())
        && let Some(event) = begun.event().as_mut()
    {
        event.operation = metadata.name().to_owned();
    }
}

fn outcome(context: &FinalizerInterceptorContextRef<'_>, attempts: u32) -> CallOutcome {
    let Some(Err(error)) = context.output_or_error() else { return CallOutcome::Succeeded };
    match context.response() {
        Some(response) if error.is_operation_error() => failed(response),
        Some(_) => CallOutcome::Malformed,
        None if error.is_connector_error() || error.is_timeout_error() => CallOutcome::NoAnswer,
        // The last attempt was not sent, but those before it may have been.
        None if attempts > 1 => CallOutcome::NoAnswer,
        None => CallOutcome::NotSent,
    }
}

fn failed(response: &HttpResponse) -> CallOutcome {
    match (response.status(), code(response)) {
        // Most deserializers of the SDK report a body that they cannot parse as an error of the service.
        (status, None) if status.is_success() => CallOutcome::Malformed,
        (status, code) => CallOutcome::Failed { status: status.as_u16(), code },
    }
}

fn request_id(response: &HttpResponse) -> Option<String> {
    let headers = response.headers();
    ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| headers.get(*name)).map(str::to_owned)
}

/// The code of an error, by the header or the body: JSON has it as `__type` or `code`, XML as the first `Code`. It is left out
/// if it does not have the form of one.
///
/// The SDK has it parsed, but in a separate type for every operation.
fn code(response: &HttpResponse) -> Option<String> {
    let body = response.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let json: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let in_json = json.as_ref().and_then(|json| json.get("__type").or(json.get("code"))?.as_str());
    let in_xml = || body.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code);
    let code = response.headers().get("x-amzn-errortype").or(in_json).or_else(in_xml)?;
    // At most it is wrapped as in `com.amazonaws.kms#NotFoundException:http://…`.
    let code = code.rsplit('#').next()?.split(':').next()?;
    is_code(code).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    fn response(header: Option<&'static str>, body: &'static str) -> HttpResponse {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        response
    }

    #[test]
    fn codes_in_every_protocol() {
        for (header, body, expected) in [
            (Some("NotFoundException:http://internal.amazon.com/"), "", Some("NotFoundException")),
            (
                None,
                r#"{"__type":"com.amazonaws.kms#DisabledException","message":"a"}"#,
                Some("DisabledException"),
            ),
            (None, r#"{"code":"Throttled"}"#, Some("Throttled")),
            (None, "<Error><Code>NoSuchKey</Code><Key>in/jane.pdf</Key></Error>", Some("NoSuchKey")),
            (None, "<Error><Code>Jane Doe</Code></Error>", None),
            (None, "<Error><Code>", None),
            (None, "jane", None),
            (None, "", None),
        ] {
            assert_eq!(code(&response(header, body)).as_deref(), expected, "{header:?} {body}");
        }
    }

    #[test]
    fn an_unreadable_success_is_malformed() {
        let answer = |status: u16, body| {
            let mut response = response(None, body);
            *response.status_mut() = status.try_into().unwrap();
            failed(&response)
        };
        assert_eq!(answer(200, r#"{"JobId":"27"#), CallOutcome::Malformed);
        assert_eq!(answer(400, "<html>"), CallOutcome::Failed { status: 400, code: None });
        let failed = CallOutcome::Failed { status: 200, code: Some("InternalError".to_owned()) };
        assert_eq!(answer(200, "<Error><Code>InternalError</Code></Error>"), failed);
    }
}
