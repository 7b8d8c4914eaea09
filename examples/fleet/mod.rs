//! What the examples of the fleet have in common: where they find AWS, and when they are told to stop.

use std::future::Future;

use anyhow::Result;
use inkseal::Clients;

/// Clients of the environment's credentials, at another endpoint if there is one.
pub async fn clients(endpoint_url: Option<&str>) -> Result<Clients> {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    Ok(Clients::new(&loader.load().await)?)
}

/// Ends with Ctrl-C, or where there is such a thing with SIGTERM. Listens from the call on.
#[cfg(unix)]
pub fn interrupted() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub fn interrupted() -> Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
