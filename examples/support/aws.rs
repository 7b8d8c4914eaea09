//! Where the examples find AWS.

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
