//! The AWS clients of the examples.

use anyhow::Result;
use inkseal::Clients;

/// Clients with the environment's credentials, for another endpoint if one is given.
pub async fn clients(endpoint_url: Option<&str>) -> Result<Clients> {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    Ok(Clients::new(&loader.load().await)?)
}
