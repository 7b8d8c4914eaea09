//! Who may do what: each request against all policies that apply to it, and each policy broken in every way.

mod documents;
mod services;

use std::collections::BTreeMap;

use inkseal::Seal;
use inkseal::policy::Scope;
use serde_json::Value;

use super::evaluator::{Applying, Caller, Decision, Needs, Request, decide};
use crate::support::{ACCOUNT, KEY, RESULTS, SOURCE};

const OTHER: &str = "444455556666";
const OTHER_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/00000000-12ab-34cd-56ef-1234567890ab";
const FILED: &str = "amzn-s3-demo-filed";
const ENDPOINT: &str = "vpce-1a2b3c4d";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:inkseal-completions";
const OTHER_TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:other";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:inkseal-completions";
const DEAD: &str = "arn:aws:sqs:us-east-1:111122223333:inkseal-completions-dead";
const TEXTRACT_JOB: &str = "arn:aws:textract:us-east-1:111122223333:job";
const COMPREHEND_JOB: &str = "arn:aws:comprehend:us-east-1:111122223333:pii-entities-detection-job/1";

const KEY_HEADER: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const ALGORITHM_HEADER: &str = "s3:x-amz-server-side-encryption";
const CUSTOMER_HEADER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

type Policies = BTreeMap<&'static str, Value>;

fn policies() -> Policies {
    policies_for(&format!("s3://{SOURCE}/scans/"))
}

fn policies_for(documents: &str) -> Policies {
    let output = format!("s3://{RESULTS}/results").parse().unwrap();
    let seal = Seal::known(output, KEY.parse().unwrap(), Some(ACCOUNT.parse().unwrap())).unwrap();
    let scope = Scope::builder(documents.parse().unwrap(), &seal)
        .sink(format!("s3://{FILED}/redacted").parse().unwrap())
        .vpc_endpoint(ENDPOINT.parse().unwrap())
        .comprehend_starter(role("inkseal-comprehend-starter").parse().unwrap())
        .checker(role("inkseal-checker").parse().unwrap())
        .uploader(role("inkseal-uploader").parse().unwrap())
        .detecting()
        .comprehend_in_vpc()
        .build()
        .unwrap();
    let key = scope.key_statements().administered_by([role("admin").parse().unwrap()]);
    let all = scope.policies().into_iter().chain([("key", key)]);
    all.map(|(name, policy)| (name, serde_json::to_value(policy).unwrap())).collect()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A row of the table: a request, and whether it has to be allowed.
#[derive(Clone, Debug)]
struct Row {
    what: &'static str,
    who: &'static str,
    request: Request,
    allowed: bool,
    side: Side,
}

/// Which policies decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// All that apply.
    All,
    /// That of the caller alone, as if that of the resource allowed everything.
    Identity,
    /// That of the resource alone, as if that of the caller allowed everything.
    Resource,
}

/// By a role of the account, over TLS and through the endpoint.
fn row(allowed: bool, who: &'static str, action: &str, resource: &str, what: &'static str) -> Row {
    let arn = role(&format!("inkseal-{who}"));
    let context = [
        ("aws:PrincipalArn", arn.as_str()),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:SecureTransport", "true"),
        ("aws:SourceVpce", ENDPOINT),
        ("aws:ViaAWSService", "false"),
        ("aws:ResourceAccount", ACCOUNT),
        ("s3:ResourceAccount", ACCOUNT),
    ];
    let context = context.map(|(key, value)| (key.to_lowercase(), value.to_owned())).into();
    let request = Request {
        caller: Caller::Role(arn.clone()),
        action: action.to_owned(),
        resource: resource.to_owned(),
        context,
    };
    Row { what, who, request, allowed, side: Side::All }
}

/// By a service itself, for nobody or for the source that it names.
fn by_service(allowed: bool, service: &'static str, action: &str, resource: &str, what: &'static str) -> Row {
    let mut row = row(allowed, service, action, resource, what);
    row.request.caller = Caller::Service(format!("{service}.amazonaws.com"));
    row.without("aws:PrincipalArn")
        .without("aws:PrincipalAccount")
        .without("aws:SourceVpce")
        .with("aws:PrincipalIsAWSService", "true")
}

impl Row {
    fn with(mut self, key: &str, value: &str) -> Self {
        self.request.context.insert(key.to_lowercase(), value.to_owned());
        self
    }

    fn without(mut self, key: &str) -> Self {
        self.request.context.remove(&key.to_lowercase());
        self
    }

    /// A service calls for the caller: not through the endpoint.
    fn forwarded(self) -> Self {
        self.without("aws:SourceVpce").with("aws:ViaAWSService", "true")
    }

    /// The same row, for each side by itself: neither relies on the other.
    fn on_each_side(self) -> [Self; 3] {
        [Side::All, Side::Identity, Side::Resource].map(|side| Self { side, ..self.clone() })
    }

    /// The same role, whose own policy would let it do everything.
    fn widely(self) -> Self {
        Self { who: "everything", ..self }
    }

    fn sealed(self) -> Self {
        self.with(KEY_HEADER, KEY).with(ALGORITHM_HEADER, "aws:kms")
    }

    /// A role of another account, which lets it do everything.
    fn elsewhere(mut self) -> Self {
        let arn = self.request.context["aws:principalarn"].replace(ACCOUNT, OTHER);
        self.request.caller = Caller::Role(arn.clone());
        self.who = "elsewhere";
        self.with("aws:PrincipalArn", &arn).with("aws:PrincipalAccount", OTHER)
    }

    fn anonymous(mut self) -> Self {
        self.request.caller = Caller::Anonymous;
        self.who = "nobody";
        for key in
            ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalIsAWSService", "aws:ViaAWSService"]
        {
            self = self.without(key);
        }
        self
    }

    fn decision(&self, policies: &Policies) -> Decision {
        let everything = serde_json::json!({"Statement": [
            {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
        ]});
        let get = |name: &str| &policies[name];
        let is_role = matches!(self.request.caller, Caller::Role(_));
        let identity: Vec<&Value> = match self.who {
            "starter" | "reader" | "worker" | "uploader" | "comprehend-starter" | "checker" => {
                vec![get(self.who), get("network-perimeter")]
            }
            "textract" if is_role => vec![get("notification-role")],
            "comprehend" if is_role => vec![get("comprehend-role")],
            "everything" | "elsewhere" | "delivery" => vec![&everything],
            _ => vec![],
        };
        let arn = self.request.resource.as_str();
        let of_bucket =
            |bucket: &str| arn.strip_prefix("arn:aws:s3:::").is_some_and(|rest| rest.starts_with(bucket));
        let resource = match arn {
            KEY => Some("key"),
            TOPIC => Some("topic"),
            QUEUE => Some("queue"),
            DEAD => Some("dead-letter-queue"),
            _ if of_bucket(SOURCE) => Some("input-bucket"),
            _ if of_bucket(RESULTS) => Some("output-bucket"),
            _ if of_bucket(FILED) => Some("sink-bucket"),
            _ if self.request.action == "sts:AssumeRole" && arn.ends_with("-textract") => {
                Some("notification-role-trust")
            }
            _ if self.request.action == "sts:AssumeRole" && arn.ends_with("-comprehend") => {
                Some("comprehend-role-trust")
            }
            _ => None,
        };
        let service = self.request.action.split(':').next().unwrap();
        let endpoint = match service {
            _ if self.request.context.get("aws:sourcevpce").is_none_or(|id| id != ENDPOINT) => None,
            "s3" => Some("s3-endpoint"),
            "textract" => Some("textract-endpoint"),
            "comprehend" => Some("comprehend-endpoint"),
            _ => None,
        };
        let needs = match service {
            // A service that another statement of the bucket's policy lets deliver.
            _ if self.who == "delivery" => Needs::Either,
            _ if !is_role => Needs::Resource,
            "sts" => Needs::Resource,
            // The administrator has no policy of its own here: that of the key counts.
            "kms" if self.who == "admin" => Needs::Resource,
            "kms" => Needs::Both,
            "sns" if self.who == "textract" => Needs::Both,
            _ => Needs::Either,
        };
        let (resource, endpoint) = (resource.map(get), endpoint.map(get));
        let (identity, resource) = match self.side {
            Side::All => (identity, resource),
            Side::Identity => (identity, Some(&everything)),
            Side::Resource => (vec![&everything], resource),
        };
        decide(&self.request, Applying { identity: &identity, resource, endpoint, needs })
    }
}

fn object(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

fn bucket(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn rows() -> Vec<Row> {
    [
        documents::starter(),
        documents::reader_and_worker(),
        documents::uploader(),
        services::comprehend_starter(),
        services::checker(),
        services::notification(),
        services::comprehend(),
        documents::everybody(),
    ]
    .concat()
}

/// The listing of a whole bucket names no prefix, and one within it does.
#[test]
fn a_whole_bucket_is_listed_with_and_without_a_prefix() {
    for documents in [format!("s3://{SOURCE}"), format!("s3://{SOURCE}/")] {
        let policies = policies_for(&documents);
        let listing = |allowed, what| row(allowed, "starter", "s3:ListBucket", &bucket(SOURCE), what);
        let rows = [
            listing(true, "lists all"),
            listing(true, "lists a prefix").with("s3:prefix", "scans/"),
            listing(false, "lists another's").with("s3:ResourceAccount", OTHER).forwarded(),
        ];
        for row in rows {
            assert_eq!(row.decision(&policies) == Decision::Allowed, row.allowed, "{}", row.what);
        }
    }
}

#[test]
fn every_row_is_decided_as_it_should_be() {
    let policies = policies();
    let rows = rows();
    assert!(rows.len() > 150);
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| (row.decision(&policies) == Decision::Allowed) != row.allowed)
        .map(|row| format!("{} {}: {}: {:?}", row.who, row.request.action, row.what, row.decision(&policies)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table proves something only if it fails for broken policies: without any one statement, or any one condition, a row changes.
#[test]
fn no_statement_and_no_condition_can_be_left_out() {
    let policies = policies();
    let rows = rows();
    let mut survivors = Vec::new();
    for (name, policy) in &policies {
        let mut mutated = policies.clone();
        for (what, mutant) in mutants(policy) {
            mutated.insert(name, mutant);
            let is_killed =
                rows.iter().any(|row| (row.decision(&mutated) == Decision::Allowed) != row.allowed);
            if !is_killed {
                survivors.push(format!("{name}: {what}"));
            }
        }
    }
    // Said twice on purpose: the denial next to it says the same, and either holds if the other is lost in an edit.
    let twice = ["queue: SendByTopic without ArnEquals aws:SourceArn"];
    assert_eq!(survivors, twice, "nobody notices");
}

/// The policy without one statement, one condition or one action.
fn mutants(policy: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let statements = policy["Statement"].as_array().unwrap();
    for (number, statement) in statements.iter().enumerate() {
        let sid = statement["Sid"].as_str().unwrap();
        let mut without = policy.clone();
        without["Statement"].as_array_mut().unwrap().remove(number);
        all.push((format!("without {sid}"), without));
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for key in keys.as_object().unwrap().keys() {
                let mut without = policy.clone();
                let condition = &mut without["Statement"][number]["Condition"][operator];
                condition.as_object_mut().unwrap().remove(key);
                all.push((format!("{sid} without {operator} {key}"), without));
            }
        }
        let actions = statement["Action"].as_array().map_or(&[][..], Vec::as_slice);
        for place in 0..actions.len() {
            // For a denial, and for the administration of a key, a sample of the actions is enough.
            if statement["Effect"] == "Deny" || sid == "Administer" {
                continue;
            }
            let mut without = policy.clone();
            let removed = without["Statement"][number]["Action"].as_array_mut().unwrap().remove(place);
            all.push((format!("{sid} without {removed}"), without));
        }
    }
    all
}
