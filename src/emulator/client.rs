//! The front in process: an HTTP client for the SDK that never opens a socket.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use super::{Emulator, Inner};

impl HttpClient for Emulator {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let inner = Arc::clone(&self.inner);
        SharedHttpConnector::new(Connector { inner, read_timeout: settings.read_timeout() })
    }
}

struct Connector {
    inner: Arc<Inner>,
    read_timeout: Option<Duration>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector(emulator)")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, read_timeout) = (Arc::clone(&self.inner), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let exchange = exchange(&inner, request);
            match read_timeout {
                Some(most) => match tokio::time::timeout(most, exchange).await {
                    Ok(result) => result,
                    Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
                },
                None => exchange.await,
            }
        })
    }
}

async fn exchange(inner: &Arc<Inner>, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    // Read to its end even if its bytes are at hand: the SDK watches that, and would mistake a request that waits long
    // for its answer for one whose body nobody reads.
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    match inner.answer(http::Request::from_parts(head, body)).await {
        Some(response) => {
            let response = response.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::user(error.into()))
        }
        None => {
            let error =
                std::io::Error::new(std::io::ErrorKind::ConnectionReset, "the emulator reset the connection");
            Err(ConnectorError::io(error.into()))
        }
    }
}
