//! The trail: whether calls are recorded, and whether those on the objects of a bucket are.

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType, Trail,
};

use super::ask::{Ask, Unanswered};
use super::report::Outcome;
use crate::clients::Clients;
use crate::resource::Region;

const TRAILS: Ask = Ask { operation: "DescribeTrails", permission: "cloudtrail:DescribeTrails", absent: &[] };
const STATUS: Ask = Ask { operation: "GetTrailStatus", permission: "cloudtrail:GetTrailStatus", absent: &[] };
const SELECTORS: Ask =
    Ask { operation: "GetEventSelectors", permission: "cloudtrail:GetEventSelectors", absent: &[] };

/// What is known about the trails that record this Region.
pub(super) struct Trails {
    /// What the trails that are logging record.
    logging: Vec<GetEventSelectorsOutput>,
    /// Whether they deliver what they record, trail by trail.
    deliveries: Vec<Outcome>,
    /// Why some could not be checked.
    unanswered: Option<Unanswered>,
}

/// What a trail records of calls on objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Recorded {
    reads: bool,
    writes: bool,
}

impl Trails {
    pub(super) async fn look(clients: &Clients, region: Option<&Region>) -> Self {
        let none =
            |unanswered| Self { logging: Vec::new(), deliveries: Vec::new(), unanswered: Some(unanswered) };
        let Some(cloudtrail) = clients.cloudtrail() else {
            return none(Unanswered::Because("the clients have no CloudTrail client".into()));
        };
        let listed = match TRAILS.send(cloudtrail.describe_trails().include_shadow_trails(true).send()).await
        {
            Ok(answer) => answer.and_then(|answer| answer.trail_list).unwrap_or_default(),
            Err(unanswered) => return none(unanswered),
        };
        let mut trails = Self { logging: Vec::new(), deliveries: Vec::new(), unanswered: None };
        for trail in listed.iter().filter(|trail| sees(trail, region)) {
            let Some(name) = trail.trail_arn.as_deref().or(trail.name.as_deref()) else { continue };
            let status = STATUS.send(cloudtrail.get_trail_status().name(name).send()).await;
            match status {
                Ok(Some(status)) if status.is_logging == Some(true) => {
                    trails.deliveries.push(delivery(&status));
                }
                Ok(_) => continue,
                Err(unanswered) => {
                    trails.deliveries.push(unanswered.clone().into());
                    trails.unanswered = Some(unanswered);
                    continue;
                }
            }
            match SELECTORS.send(cloudtrail.get_event_selectors().trail_name(name).send()).await {
                Ok(selectors) => trails.logging.extend(selectors),
                Err(unanswered) => trails.unanswered = Some(unanswered),
            }
        }
        trails
    }

    /// Whether a trail records the calls to AWS, such as `StartDocumentAnalysis`, both reads and writes.
    pub(super) fn management(&self) -> Outcome {
        if self.together(of_management).is_complete() {
            return Outcome::pass("a trail that is logging records management events");
        }
        self.nothing(
            "no trail that is logging records the management events of this Region, reads and writes",
            "create a trail of all Regions with management events, and start its logging",
        )
    }

    /// Whether what the trails that are logging record arrives in their buckets. One that does not deliver is a finding even if
    /// others do: what it alone records is lost.
    pub(super) fn delivery(&self) -> Outcome {
        let is = |kind: fn(&Outcome) -> bool| self.deliveries.iter().find(|outcome| kind(outcome));
        let worst = is(|outcome| matches!(outcome, Outcome::Fail { .. }))
            .or_else(|| is(|outcome| !matches!(outcome, Outcome::Pass { .. })))
            .or(self.deliveries.first());
        worst.cloned().unwrap_or_else(|| {
            self.nothing(
                "no trail is logging, so nothing is delivered",
                "create a trail of all Regions with management events, and start its logging",
            )
        })
    }

    /// Whether the access to the objects of a bucket is recorded: by a trail, or by S3's own access logs.
    pub(super) fn data(&self, below: &str, logged: &Result<bool, Unanswered>) -> Outcome {
        if self.together(|selectors| of_objects(selectors, below)).is_complete() {
            return Outcome::pass("a trail that is logging records reads and writes of the bucket's objects");
        }
        match logged {
            Ok(true) => Outcome::pass("S3 logs the access to the bucket"),
            Err(unanswered) => unanswered.clone().into(),
            Ok(false) => self.nothing(
                "no trail that is logging records reads and writes of the bucket's objects, and S3 does not log them",
                "add data events for the bucket's objects to a trail, or turn on the bucket's server access logging",
            ),
        }
    }

    fn together(&self, what: impl Fn(&GetEventSelectorsOutput) -> Recorded) -> Recorded {
        self.logging.iter().map(what).fold(Recorded::default(), Recorded::and)
    }

    /// Nothing was found. If something could not be checked, it may be there.
    fn nothing(&self, found: &'static str, remedy: &'static str) -> Outcome {
        match &self.unanswered {
            Some(unanswered) => unanswered.clone().into(),
            None => Outcome::fail(found, remedy),
        }
    }
}

impl Recorded {
    const ALL: Self = Self { reads: true, writes: true };

    fn and(self, other: Self) -> Self {
        Self { reads: self.reads || other.reads, writes: self.writes || other.writes }
    }

    fn is_complete(self) -> bool {
        self == Self::ALL
    }

    fn of(kind: Option<&ReadWriteType>) -> Self {
        match kind {
            // The API's default is all.
            None | Some(ReadWriteType::All) => Self::ALL,
            Some(ReadWriteType::ReadOnly) => Self { reads: true, writes: false },
            Some(ReadWriteType::WriteOnly) => Self { reads: false, writes: true },
            Some(_) => Self::default(),
        }
    }
}

/// Whether a trail records what happens in the Region.
fn sees(trail: &Trail, region: Option<&Region>) -> bool {
    trail.is_multi_region_trail == Some(true)
        || region.is_some_and(|region| trail.home_region.as_deref() == Some(region.as_str()))
}

/// A trail goes on logging while its bucket or key refuses what it delivers.
fn delivery(status: &GetTrailStatusOutput) -> Outcome {
    match status.latest_delivery_error() {
        None | Some("") => Outcome::pass("every trail that is logging delivers to its bucket"),
        // The error is not repeated here, as no page says what it can hold.
        Some(_) => Outcome::fail(
            "a trail that is logging could not deliver to its bucket: its LatestDeliveryError is set",
            "let CloudTrail write to the trail's bucket and use its key; GetTrailStatus shows the error",
        ),
    }
}

fn of_management(selectors: &GetEventSelectorsOutput) -> Recorded {
    let basic = selectors.event_selectors().iter().filter(|selector| {
        // The API's default is to include them. KMS is one of the sources that can be left out.
        selector.include_management_events != Some(false)
            && selector.exclude_management_event_sources().is_empty()
    });
    let advanced = selectors.advanced_event_selectors().iter();
    basic
        .map(|selector| Recorded::of(selector.read_write_type()))
        .chain(advanced.map(|selector| of_advanced(selector, "Management", |_| false)))
        .fold(Recorded::default(), Recorded::and)
}

/// `below` is what the ARNs of the objects begin with.
fn of_objects(selectors: &GetEventSelectorsOutput, below: &str) -> Recorded {
    let basic = selectors.event_selectors().iter().filter(|selector| names_objects(selector, below));
    let narrowing = |field: &AdvancedFieldSelector| match field.field() {
        "resources.type" => only(field.equals(), "AWS::S3::Object") && is_plain(field),
        "resources.ARN" => {
            let starts = field.starts_with().iter().any(|start| below.starts_with(start.as_str()));
            starts && excludes_nothing(field)
        }
        _ => false,
    };
    let advanced = selectors.advanced_event_selectors().iter().filter(|selector| {
        // Without a type, it is not a selector of data events.
        selector.field_selectors().iter().any(|field| field.field() == "resources.type")
    });
    basic
        .map(|selector| Recorded::of(selector.read_write_type()))
        .chain(advanced.map(|selector| of_advanced(selector, "Data", narrowing)))
        .fold(Recorded::default(), Recorded::and)
}

fn names_objects(selector: &EventSelector, below: &str) -> bool {
    selector.data_resources().iter().any(|resource| {
        // `arn:aws:s3` alone means every bucket, `arn:aws:s3:::bucket/` every object of one, and anything after that is a prefix.
        resource.r#type() == Some("AWS::S3::Object")
            && resource
                .values()
                .iter()
                .any(|value| value.starts_with("arn:") && below.starts_with(value.as_str()))
    })
}

/// What an advanced selector of this category records, if each field other than the category and `readOnly` narrows it to no less
/// than what is wanted.
fn of_advanced(
    selector: &AdvancedEventSelector,
    category: &str,
    suits: impl Fn(&AdvancedFieldSelector) -> bool,
) -> Recorded {
    let mut recorded = Recorded::ALL;
    let mut of_category = false;
    for field in selector.field_selectors() {
        match field.field() {
            "eventCategory" => of_category = only(field.equals(), category) && is_plain(field),
            "readOnly" if is_plain(field) && only(field.equals(), "true") => recorded.writes = false,
            "readOnly" if is_plain(field) && only(field.equals(), "false") => recorded.reads = false,
            _ if suits(field) => {}
            _ => return Recorded::default(),
        }
    }
    if of_category { recorded } else { Recorded::default() }
}

fn only(values: &[String], wanted: &str) -> bool {
    matches!(values, [value] if value == wanted)
}

/// Whether a field is compared by `Equals` alone.
fn is_plain(field: &AdvancedFieldSelector) -> bool {
    field.starts_with().is_empty() && excludes_nothing(field)
}

fn excludes_nothing(field: &AdvancedFieldSelector) -> bool {
    field.ends_with().is_empty()
        && field.not_equals().is_empty()
        && field.not_starts_with().is_empty()
        && field.not_ends_with().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudtrail::types::DataResource;

    const BELOW: &str = "arn:aws:s3:::amzn-s3-demo-results/textract_output/";

    fn basic(kind: ReadWriteType, values: &[&str]) -> GetEventSelectorsOutput {
        let resource = DataResource::builder().r#type("AWS::S3::Object");
        let resource = values.iter().fold(resource, |resource, value| resource.values(*value)).build();
        let selector = EventSelector::builder()
            .read_write_type(kind)
            .include_management_events(true)
            .data_resources(resource)
            .build();
        GetEventSelectorsOutput::builder().event_selectors(selector).build()
    }

    /// Fields as `name=value`, `name^value` (begins with) and `name!value` (is not).
    fn advanced(fields: &[&str]) -> GetEventSelectorsOutput {
        let mut selector = AdvancedEventSelector::builder();
        for text in fields {
            let at = text.find(['=', '^', '!']).unwrap();
            let (name, value) = (&text[..at], &text[at + 1..]);
            let field = AdvancedFieldSelector::builder().field(name);
            let field = match &text[at..=at] {
                "=" => field.equals(value),
                "^" => field.starts_with(value),
                _ => field.not_equals(value),
            };
            selector = selector.field_selectors(field.build().unwrap());
        }
        GetEventSelectorsOutput::builder().advanced_event_selectors(selector.build().unwrap()).build()
    }

    #[test]
    fn basic_selectors_of_objects() {
        for value in [
            "arn:aws:s3",
            "arn:aws:s3:::",
            "arn:aws:s3:::amzn-s3-demo-results/",
            "arn:aws:s3:::amzn-s3-demo-results/textract_output/",
        ] {
            assert!(of_objects(&basic(ReadWriteType::All, &["x", value]), BELOW).is_complete(), "{value}");
        }
        for value in ["", "arn:aws:s3:::other/", "arn:aws:s3:::amzn-s3-demo-results/textract_output/a"] {
            assert_eq!(
                of_objects(&basic(ReadWriteType::All, &[value]), BELOW),
                Recorded::default(),
                "{value}"
            );
        }
        let reads = of_objects(&basic(ReadWriteType::ReadOnly, &["arn:aws:s3"]), BELOW);
        let writes = of_objects(&basic(ReadWriteType::WriteOnly, &["arn:aws:s3"]), BELOW);
        assert!(!reads.is_complete() && !writes.is_complete());
        assert!(reads.and(writes).is_complete(), "two that complete each other");
        assert!(of_management(&basic(ReadWriteType::All, &[])).is_complete());
    }

    #[test]
    fn basic_selectors_that_leave_sources_out() {
        for source in ["kms.amazonaws.com", "rdsdata.amazonaws.com"] {
            let selector = EventSelector::builder()
                .read_write_type(ReadWriteType::All)
                .include_management_events(true)
                .exclude_management_event_sources(source);
            let selectors = GetEventSelectorsOutput::builder().event_selectors(selector.build()).build();
            assert_eq!(of_management(&selectors), Recorded::default(), "{source}");
        }
    }

    #[test]
    fn advanced_selectors_of_objects() {
        let data = ["eventCategory=Data", "resources.type=AWS::S3::Object"];
        let and = |more: &[&str]| of_objects(&advanced(&[&data[..], more].concat()), BELOW);
        assert!(and(&[]).is_complete());
        assert!(and(&["resources.ARN^arn:aws:s3:::amzn-s3-demo-results/"]).is_complete());
        for narrowing in [
            "resources.ARN^arn:aws:s3:::other/",
            "resources.ARN=arn:aws:s3:::amzn-s3-demo-results/textract_output/1",
            "resources.ARN!arn:aws:s3:::amzn-s3-demo-results/textract_output/1",
            "eventName=PutObject",
            "userIdentity.arn!me",
        ] {
            assert_eq!(and(&[narrowing]), Recorded::default(), "{narrowing}");
        }
        assert_eq!(and(&["readOnly=false"]), Recorded { reads: false, writes: true });
        assert_eq!(and(&["readOnly=true"]), Recorded { reads: true, writes: false });
        for other in [
            &["resources.type=AWS::S3::Object"][..],
            &["eventCategory=Data"],
            &["eventCategory=Data", "resources.type=AWS::Lambda::Function"],
            &["eventCategory=Management", "resources.type=AWS::S3::Object"],
        ] {
            assert_eq!(of_objects(&advanced(other), BELOW), Recorded::default(), "{other:?}");
        }
    }

    #[test]
    fn advanced_selectors_of_management() {
        assert!(of_management(&advanced(&["eventCategory=Management"])).is_complete());
        assert!(
            !of_management(&advanced(&["eventCategory=Management", "eventSource!kms.amazonaws.com"]))
                .is_complete()
        );
        assert!(
            !of_management(&advanced(&["eventCategory=Data", "resources.type=AWS::S3::Object"]))
                .is_complete()
        );
    }
}
