//! The VPC endpoints that requests come through.

use super::error::{InvalidName, Kind};

const ENDPOINT: Kind = Kind { what: "VPC endpoint id", form: "vpce- and 8 or 17 hexadecimal digits" };

fn check(text: &str) -> Result<(), InvalidName> {
    let Some(digits) = text.strip_prefix("vpce-") else {
        return ENDPOINT.refuse("it does not begin with vpce-");
    };
    if !matches!(digits.len(), 8 | 17) {
        return ENDPOINT.refuse(format!("it has {} bytes after vpce-", digits.len()));
    }
    ENDPOINT.characters(digits, |c| matches!(c, '0'..='9' | 'a'..='f'))
}

plain_name! {
    /// The id of a VPC endpoint, either an interface or a gateway.
    ///
    /// Follows "VPC endpoints" in the AWS PrivateLink guide, and "Longer resource IDs" in the Amazon EC2 user guide for its length.
    ///
    /// ```
    /// use inkseal::resource::VpcEndpointId;
    ///
    /// let endpoint: VpcEndpointId = "vpce-1a2b3c4d5e6f70819".parse()?;
    /// assert!("vpc-1a2b3c4d".parse::<VpcEndpointId>().is_err());
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    VpcEndpointId, check
}

#[cfg(test)]
mod tests {
    use super::VpcEndpointId;

    #[test]
    fn endpoints() {
        for text in ["vpce-1a2b3c4d", "vpce-1a2b3c4d5e6f70819"] {
            assert_eq!(text.parse::<VpcEndpointId>().expect(text), text);
        }
        for text in [
            "",
            "vpce-",
            "vpce-1a2b3c4",
            "vpc-1a2b3c4d",
            "vpce-1A2B3C4D",
            "vpce-1a2b3c4g",
            " vpce-1a2b3c4d",
            "vpce-é1a2b3c",
        ] {
            assert!(text.parse::<VpcEndpointId>().is_err(), "{text:?}");
        }
    }
}
