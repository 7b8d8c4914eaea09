//! The front on a loopback port, for any AWS SDK.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::body::ReplyBody;
use super::{Error, Inner};

/// The emulator on a TCP port: HTTP/1.1 with keep-alive, in plain text. Dropping the server ends it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn bind(inner: Arc<Inner>, address: &str) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::Bind { address: address.to_owned(), source };
        let resolved: Vec<SocketAddr> = tokio::net::lookup_host(address).await.map_err(failed)?.collect();
        if !resolved.iter().all(|address| address.ip().is_loopback()) {
            let reason = "the emulator takes any credentials, so it serves loopback addresses only";
            return Err(failed(io::Error::other(reason)));
        }
        // The addresses that were checked, not the name, which may resolve to something else the next time.
        let listener = TcpListener::bind(&*resolved).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(inner, listener, stopped));
        Ok(Self { address, stop, task })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL to give to an SDK, for every service.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Accepts no more connections, finishes the requests that are being answered, and ends. A `ReceiveMessage` that
    /// waits for messages waits to its end, up to 20 seconds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the server at once, along with the requests that were being answered.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(inner: Arc<Inner>, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(Arc::clone(&inner), stream, stopped.clone()));
                }
                // Out of file descriptors, or a client that left at once: others may still get through.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn serve(inner: Arc<Inner>, stream: TcpStream, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let inner = Arc::clone(&inner);
        async move { answer(&inner, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // An error means that the client left, or that a fault broke the connection.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// An error here ends the connection without an answer.
async fn answer(
    inner: &Arc<Inner>,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<ReplyBody>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    match inner.answer(http::Request::from_parts(head, body)).await {
        Some(response) => Ok(response),
        None => Err(io::Error::new(io::ErrorKind::ConnectionReset, "the emulator reset the connection")),
    }
}
