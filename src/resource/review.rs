//! Human review: the name of a loop, and its flow definition.

use std::str::FromStr;
use std::sync::Arc;

use super::error::{InvalidName, Kind, Misplaced};
use super::place::{Arn, Place, Region};

const LOOP: Kind = Kind {
    what: "human loop name",
    form: "1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end",
};
const FLOW: Kind = Kind {
    what: "flow definition ARN",
    form: "arn:PARTITION:sagemaker:REGION:ACCOUNT:flow-definition/NAME, with a name of 1 to 63 lower-case letters, \
           digits and hyphens",
};

fn check_name(kind: &Kind, name: &str) -> Result<(), InvalidName> {
    kind.length(name, 1, 63)?;
    kind.characters(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')?;
    if name.starts_with('-') || name.ends_with('-') {
        return kind.refuse("it begins or ends with a hyphen");
    }
    Ok(())
}

plain_name! {
    /// The name of a human loop, unique within the account and Region: 1 to 63 of `[a-z0-9-]`, without a hyphen at
    /// either end.
    ///
    /// CloudTrail logs it, so nothing private belongs in it. Follows "HumanLoopConfig" in the Amazon Textract API
    /// reference.
    ///
    /// ```
    /// use inkseal::resource::HumanLoopName;
    ///
    /// assert!("claim-17".parse::<HumanLoopName>().is_ok());
    /// assert!("Claim 17".parse::<HumanLoopName>().is_err());
    /// ```
    HumanLoopName, |text| check_name(&LOOP, text)
}

/// The ARN of a flow definition of Amazon Augmented AI, up to 256 characters.
///
/// Follows "HumanLoopConfig" in the Amazon Textract API reference.
///
/// ```
/// use inkseal::resource::FlowDefinitionArn;
///
/// let flow: FlowDefinitionArn = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/claims".parse()?;
/// assert_eq!(flow.region().as_str(), "us-east-1");
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowDefinitionArn {
    text: Arc<str>,
    place: Place,
}

impl FlowDefinitionArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Region of the flow definition.
    pub fn region(&self) -> &Region {
        &self.place.region
    }

    /// Whether a Textract endpoint in `region` can start loops of this flow.
    ///
    /// # Errors
    ///
    /// [`Misplaced`] if the flow definition is in another Region.
    pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
        let rule = "Textract starts human loops only in the Region of its endpoint";
        Misplaced::check("flow definition", rule, self.region().as_str(), region.as_str())
    }
}

impl FromStr for FlowDefinitionArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        FLOW.length(text, 1, 256)?;
        let arn = Arn::split(&FLOW, text, "sagemaker")?;
        let place = arn.place()?;
        let Some(name) = arn.resource.strip_prefix("flow-definition/") else {
            return FLOW.refuse("it does not name a flow definition");
        };
        check_name(&FLOW, name)?;
        Ok(Self { text: text.into(), place })
    }
}

string_like!(FlowDefinitionArn);
