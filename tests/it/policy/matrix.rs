//! Who may do what: each request against all policies that apply to it, and each policy broken in every way.

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
    let output = format!("s3://{RESULTS}/results").parse().unwrap();
    let seal = Seal::known(output, KEY.parse().unwrap(), Some(ACCOUNT.parse().unwrap())).unwrap();
    let documents = format!("s3://{SOURCE}/scans/").parse().unwrap();
    let scope = Scope::builder(documents, &seal)
        .sink(format!("s3://{FILED}/redacted").parse().unwrap())
        .vpc_endpoint(ENDPOINT.parse().unwrap())
        .detecting()
        .build()
        .unwrap();
    let key = scope.key_statements().administered_by([role("admin").parse().unwrap()]);
    let all = scope.policies().into_iter().chain([("key", key)]);
    all.map(|(name, policy)| (name, serde_json::to_value(policy).unwrap())).collect()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A row of the table: a request, and whether it is to be allowed.
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

/// By a service itself, for nobody or for what it says.
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

    /// The same row, for each side by itself: neither leans on the other.
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
            "starter" | "reader" | "worker" => vec![get(self.who), get("network-perimeter")],
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
            // A service that a further statement of the bucket's policy lets deliver.
            _ if self.who == "delivery" => Needs::Either,
            _ if !is_role => Needs::Resource,
            "sts" => Needs::Resource,
            // The administrator has no policy of its own here: that of the key is what counts.
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

/// The starter starts with the seal, and no more.
fn starter() -> Vec<Row> {
    let (document, result) = (object(SOURCE, "scans/1.pdf"), object(RESULTS, "results/job/1"));
    let put = |allowed, what| row(allowed, "starter", "s3:PutObject", &result, what).forwarded();
    let listing = |allowed, what| row(allowed, "starter", "s3:ListBucket", &bucket(SOURCE), what);
    let pass =
        |allowed, role_name: &str, what| row(allowed, "starter", "iam:PassRole", &role(role_name), what);
    let mut rows: Vec<Row> =
        ["DocumentTextDetection", "DocumentAnalysis", "ExpenseAnalysis", "LendingAnalysis"]
            .into_iter()
            .flat_map(|family| {
                [
                    row(true, "starter", &format!("textract:Start{family}"), "*", "starts"),
                    row(false, "starter", &format!("textract:Get{family}"), "*", "gets no text"),
                    row(false, "starter", &format!("textract:Start{family}"), "*", "from elsewhere")
                        .without("aws:SourceVpce"),
                    row(true, "starter", &format!("textract:Start{family}"), "*", "over a service")
                        .forwarded(),
                    row(false, "elsewhere", &format!("textract:Start{family}"), "*", "through the endpoint")
                        .elsewhere(),
                    row(
                        false,
                        "everything",
                        &format!("textract:Start{family}"),
                        "*",
                        "another role, through the endpoint",
                    ),
                    row(false, "reader", &format!("textract:Start{family}"), "*", "starts nothing"),
                    row(true, "reader", &format!("textract:Get{family}"), "*", "gets"),
                ]
            })
            .collect();
    rows.extend([
        row(false, "starter", "textract:AnalyzeDocument", "*", "no synchronous call"),
        row(true, "starter", "s3:GetObject", &document, "reads a document"),
        row(true, "starter", "s3:GetObject", &document, "Textract reads it").forwarded(),
        row(true, "starter", "s3:GetObjectVersion", &document, "reads a version"),
        row(false, "starter", "s3:GetObject", &document, "not from outside").without("aws:SourceVpce"),
        row(false, "starter", "s3:GetObject", &document, "not over plain HTTP")
            .with("aws:SecureTransport", "false"),
        row(false, "starter", "s3:GetObject", &document, "a bucket that is another's now")
            .with("s3:ResourceAccount", OTHER)
            .forwarded(),
        row(false, "starter", "s3:GetObject", &object(SOURCE, "private/1.pdf"), "beside the prefix"),
        row(false, "starter", "s3:PutObject", &document, "writes no document").sealed(),
        listing(true, "lists the prefix").with("s3:prefix", "scans/2024/"),
        listing(false, "lists all"),
        listing(false, "lists another prefix").with("s3:prefix", "private/"),
        listing(false, "lists another's")
            .with("s3:prefix", "scans/")
            .with("s3:ResourceAccount", OTHER)
            .without("aws:SourceVpce")
            .with("aws:ViaAWSService", "true"),
        put(true, "Textract writes with the key").sealed(),
        put(true, "a part of it").sealed(),
        row(true, "starter", "s3:AbortMultipartUpload", &result, "Textract gives up").forwarded(),
        row(true, "starter", "s3:ListMultipartUploadParts", &result, "Textract looks").forwarded(),
        put(false, "another key").with(KEY_HEADER, OTHER_KEY).with(ALGORITHM_HEADER, "aws:kms"),
        put(false, "without a key"),
        put(false, "the key of S3").with(ALGORITHM_HEADER, "AES256"),
        put(false, "two layers").with(KEY_HEADER, KEY).with(ALGORITHM_HEADER, "aws:kms:dsse"),
        put(false, "a key of the caller's").sealed().with(CUSTOMER_HEADER, "AES256"),
        put(false, "without TLS").sealed().with("aws:SecureTransport", "false"),
        put(false, "to another's bucket").sealed().with("s3:ResourceAccount", OTHER),
        row(false, "starter", "s3:PutObject", &object(RESULTS, "other/1"), "beside the prefix")
            .sealed()
            .forwarded(),
        row(false, "starter", "s3:GetObject", &result, "reads no result"),
        row(false, "starter", "s3:DeleteObject", &result, "deletes nothing"),
        pass(true, "inkseal-textract", "passes the role")
            .with("iam:PassedToService", "textract.amazonaws.com"),
        pass(false, "inkseal-textract", "to another service")
            .with("iam:PassedToService", "lambda.amazonaws.com"),
        pass(false, "inkseal-comprehend", "another role")
            .with("iam:PassedToService", "textract.amazonaws.com"),
    ]);
    // What Textract writes to see whether it can: by default under the key, and never under another.
    let check = object(RESULTS, "results/job/.s3_access_check");
    let check = |allowed, what| row(allowed, "starter", "s3:PutObject", &check, what).forwarded();
    rows.extend([
        check(true, "the access check without a key"),
        check(true, "the access check with the key").sealed(),
        check(false, "the access check with another key")
            .with(KEY_HEADER, OTHER_KEY)
            .with(ALGORITHM_HEADER, "aws:kms"),
        check(false, "the access check with the key of S3").with(ALGORITHM_HEADER, "AES256"),
        check(false, "the access check with the caller's key").with(CUSTOMER_HEADER, "AES256"),
    ]);
    for action in
        ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    {
        rows.push(row(true, "starter", action, KEY, "seals"));
    }
    for action in ["kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey"] {
        rows.push(row(false, "starter", action, KEY, "administers nothing"));
        rows.push(row(false, "everything", action, KEY, "a role that the key does not name"));
    }
    rows
}

/// The reader reads, and the worker files: neither writes where it reads.
fn reader_and_worker() -> Vec<Row> {
    let (result, filed) = (object(RESULTS, "results/job/1"), object(FILED, "redacted/job/00001.md"));
    let mut rows = vec![
        row(true, "reader", "textract:GetLendingAnalysisSummary", "*", "gets the summary"),
        row(false, "reader", "s3:GetObject", &object(SOURCE, "scans/1.pdf"), "reads no document"),
        row(false, "reader", "s3:GetObject", &filed, "reads nothing that was filed"),
        row(true, "reader", "kms:Decrypt", KEY, "opens"),
        row(true, "reader", "kms:DescribeKey", KEY, "looks at the key"),
        row(false, "reader", "kms:GenerateDataKey", KEY, "seals nothing"),
        row(true, "worker", "s3:PutObject", &filed, "files").sealed(),
        row(true, "worker", "s3:GetObject", &filed, "looks for a manifest"),
        row(false, "worker", "s3:PutObject", &filed, "without a key"),
        row(false, "worker", "s3:PutObject", &filed, "with another key")
            .with(KEY_HEADER, OTHER_KEY)
            .with(ALGORITHM_HEADER, "aws:kms"),
        row(false, "worker", "s3:PutObject", &filed, "under S3's key").with(ALGORITHM_HEADER, "AES256"),
        row(false, "worker", "s3:PutObject", &filed, "in two layers")
            .with(KEY_HEADER, KEY)
            .with(ALGORITHM_HEADER, "aws:kms:dsse"),
        row(false, "worker", "s3:PutObject", &filed, "with a key of its own")
            .sealed()
            .with(CUSTOMER_HEADER, "AES256"),
        row(false, "worker", "s3:PutObject", &filed, "without TLS")
            .sealed()
            .with("aws:SecureTransport", "false"),
        row(false, "worker", "s3:PutObject", &filed, "to another's bucket")
            .sealed()
            .with("s3:ResourceAccount", OTHER)
            .forwarded(),
        row(false, "worker", "s3:DeleteObject", &filed, "deletes nothing"),
        row(true, "worker", "sqs:ReceiveMessage", QUEUE, "receives"),
        row(true, "worker", "sqs:DeleteMessage", QUEUE, "deletes"),
        row(true, "worker", "sqs:ChangeMessageVisibility", QUEUE, "extends"),
        row(false, "worker", "sqs:ReceiveMessage", QUEUE, "without TLS").with("aws:SecureTransport", "false"),
        row(false, "worker", "sqs:ReceiveMessage", DEAD, "no dead letters"),
        row(false, "worker", "sqs:SendMessage", QUEUE, "sends nothing"),
        row(true, "worker", "comprehend:DetectPiiEntities", "*", "detects"),
        row(true, "worker", "comprehend:ContainsPiiEntities", "*", "detects whether"),
        row(false, "worker", "comprehend:DetectEntities", "*", "nothing else"),
        row(false, "worker", "comprehend:DetectPiiEntities", "*", "not from outside")
            .without("aws:SourceVpce"),
        row(false, "everything", "comprehend:DetectPiiEntities", "*", "another role, through the endpoint"),
        row(false, "elsewhere", "comprehend:DetectPiiEntities", "*", "another account").elsewhere(),
        row(false, "worker", "textract:StartDocumentAnalysis", "*", "starts nothing"),
        row(true, "worker", "kms:DescribeKey", KEY, "looks at the key"),
    ];
    for who in ["reader", "worker"] {
        let listing = |allowed, what| row(allowed, who, "s3:ListBucket", &bucket(RESULTS), what);
        rows.extend([
            row(true, who, "s3:GetObject", &result, "reads a result"),
            row(false, who, "s3:GetObject", &result, "not from outside").without("aws:SourceVpce"),
            row(false, who, "s3:GetObject", &result, "in another's bucket")
                .with("s3:ResourceAccount", OTHER)
                .forwarded(),
            row(false, who, "s3:PutObject", &result, "writes no result").sealed(),
            row(false, who, "s3:DeleteObject", &result, "deletes nothing"),
            listing(true, "lists the job").with("s3:prefix", "results/job/"),
            listing(false, "lists all"),
            listing(false, "lists another's")
                .with("s3:prefix", "results/")
                .with("s3:ResourceAccount", OTHER)
                .forwarded(),
        ]);
    }
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        rows.push(
            row(true, "worker", action, KEY, "over S3").with("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        );
        rows.push(row(false, "worker", action, KEY, "by itself"));
    }
    rows.push(
        row(true, "worker", "kms:Decrypt", KEY, "a message")
            .with("kms:ViaService", "sqs.us-east-1.amazonaws.com"),
    );
    rows.push(
        row(false, "worker", "kms:GenerateDataKey", KEY, "a message")
            .with("kms:ViaService", "sqs.us-east-1.amazonaws.com"),
    );
    rows
}

/// From the end of a job to the queue.
fn notification() -> Vec<Row> {
    let assume = |allowed, service, what| {
        by_service(allowed, service, "sts:AssumeRole", &role("inkseal-textract"), what)
    };
    let publish = |allowed, what| row(allowed, "textract", "sns:Publish", TOPIC, what);
    let send = |allowed, what| by_service(allowed, "sns", "sqs:SendMessage", QUEUE, what);
    let encrypt = |allowed, action: &str, what| by_service(allowed, "sns", action, KEY, what);
    let ours = |row: Row| row.with("aws:SourceAccount", ACCOUNT).with("aws:SourceArn", TOPIC);
    let mut rows = vec![
        assume(true, "textract", "for a job of ours")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", TEXTRACT_JOB),
        assume(false, "textract", "for another account")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", &TEXTRACT_JOB.replace(ACCOUNT, OTHER)),
        assume(false, "textract", "for another account that says our job")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", TEXTRACT_JOB),
        assume(false, "textract", "for another's job that says our account")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", &TEXTRACT_JOB.replace(ACCOUNT, OTHER)),
        assume(false, "textract", "for nobody"),
        assume(false, "comprehend", "another service")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", TEXTRACT_JOB),
        publish(true, "publishes"),
        publish(false, "without TLS").with("aws:SecureTransport", "false"),
        publish(false, "to a topic that is another's").with("aws:ResourceAccount", OTHER),
        row(false, "textract", "sns:Publish", OTHER_TOPIC, "to another topic"),
        row(false, "textract", "s3:GetObject", &object(RESULTS, "results/job/1"), "reads nothing"),
        publish(false, "a role of another account").elsewhere(),
        row(false, "everything", "sns:Publish", TOPIC, "another role of ours"),
        by_service(false, "textract", "sns:Publish", TOPIC, "Textract itself")
            .with("aws:SourceAccount", OTHER),
        ours(send(true, "the topic sends")),
        send(false, "another topic sends")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", OTHER_TOPIC),
        send(false, "for another account").with("aws:SourceAccount", OTHER).with("aws:SourceArn", TOPIC),
        send(false, "for nobody"),
        ours(send(false, "without TLS")).with("aws:SecureTransport", "false"),
        row(false, "everything", "sqs:SendMessage", QUEUE, "a role of ours sends"),
        ours(by_service(false, "sns", "sqs:SendMessage", DEAD, "a dead letter")),
        row(false, "everything", "sqs:SendMessage", DEAD, "a role of ours sends a dead letter"),
        row(true, "everything", "sqs:ReceiveMessage", DEAD, "an operator looks at the dead letters"),
        row(false, "everything", "sqs:ReceiveMessage", DEAD, "without TLS")
            .with("aws:SecureTransport", "false"),
    ];
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        rows.extend([
            row(true, "textract", action, KEY, "for the topic")
                .with("kms:ViaService", "sns.us-east-1.amazonaws.com"),
            ours(encrypt(true, action, "the topic encrypts for the queue")),
            encrypt(false, action, "another topic")
                .with("aws:SourceAccount", ACCOUNT)
                .with("aws:SourceArn", OTHER_TOPIC),
            encrypt(false, action, "another account")
                .with("aws:SourceAccount", OTHER)
                .with("aws:SourceArn", TOPIC),
        ]);
        rows.extend(row(false, "textract", action, KEY, "by itself").on_each_side());
    }
    rows
}

fn comprehend() -> Vec<Row> {
    let assume = |allowed, what| {
        by_service(allowed, "comprehend", "sts:AssumeRole", &role("inkseal-comprehend"), what)
    };
    let filed = object(FILED, "redacted/job/00001.md");
    // From Comprehend's own network, as the role.
    let does = |allowed, action: &str, resource: &str, what| {
        row(allowed, "comprehend", action, resource, what).without("aws:SourceVpce")
    };
    let listing = |allowed, what| does(allowed, "s3:ListBucket", &bucket(FILED), what);
    let mut rows = vec![
        assume(true, "for a job of ours")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", COMPREHEND_JOB),
        assume(false, "for another account")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", COMPREHEND_JOB),
        assume(false, "for another's job")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", &COMPREHEND_JOB.replace(ACCOUNT, OTHER)),
        does(true, "s3:GetObject", &filed, "reads what was filed"),
        does(false, "s3:GetObject", &filed, "in another's bucket").with("s3:ResourceAccount", OTHER),
        does(false, "s3:GetObject", &object(RESULTS, "results/job/1"), "reads no result"),
        does(true, "s3:PutObject", &filed, "writes its results").sealed(),
        does(false, "s3:PutObject", &filed, "without a key"),
        does(
            true,
            "s3:PutObject",
            &object(FILED, "redacted/.write_access_check_file.temp"),
            "its access check",
        ),
        does(false, "s3:PutObject", &filed, "to another's bucket").sealed().with("s3:ResourceAccount", OTHER),
        listing(true, "lists").with("s3:prefix", "redacted/"),
        listing(false, "lists all"),
        listing(false, "lists another's").with("s3:prefix", "redacted/").with("s3:ResourceAccount", OTHER),
        does(true, "kms:CreateGrant", KEY, "a volume").with("kms:GrantIsForAWSResource", "true"),
    ];
    let grant = does(false, "kms:CreateGrant", KEY, "for anybody").with("kms:GrantIsForAWSResource", "false");
    rows.extend(grant.on_each_side());
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        rows.push(does(true, action, KEY, "over S3").with("kms:ViaService", "s3.us-east-1.amazonaws.com"));
        rows.extend(does(false, action, KEY, "by itself").on_each_side());
    }
    rows
}

/// What no role may, and what the administrators of key and buckets keep.
fn everybody() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, key) in [(SOURCE, "scans/1.pdf"), (RESULTS, "results/job/1"), (FILED, "redacted/1.md")] {
        let object = object(name, key);
        let put = |allowed, what| row(allowed, "everything", "s3:PutObject", &object, what).forwarded();
        rows.extend([
            put(true, "an uploader with the key").sealed(),
            put(false, "an uploader with another key")
                .with(KEY_HEADER, OTHER_KEY)
                .with(ALGORITHM_HEADER, "aws:kms"),
            put(false, "an uploader without a key"),
            put(false, "an uploader with S3's key").with(ALGORITHM_HEADER, "AES256"),
            put(false, "an uploader with two layers")
                .with(KEY_HEADER, KEY)
                .with(ALGORITHM_HEADER, "aws:kms:dsse"),
            put(false, "an uploader with a key of the caller's").sealed().with(CUSTOMER_HEADER, "AES256"),
            put(false, "an uploader without TLS").sealed().with("aws:SecureTransport", "false"),
            put(false, "another account").sealed().elsewhere(),
            row(false, "everything", "s3:GetObject", &object, "nobody").anonymous(),
            row(false, "everything", "s3:GetObject", &object, "from outside").without("aws:SourceVpce"),
            row(false, "everything", "s3:GetObject", &object, "from another endpoint")
                .with("aws:SourceVpce", "vpce-99999999"),
            row(false, "everything", "s3:GetObject", &object, "a role that the endpoint does not let in"),
            row(true, "everything", "s3:PutBucketPolicy", &bucket(name), "an administrator, from outside")
                .without("aws:SourceVpce"),
            row(
                false,
                "everything",
                "s3:PutBucketPolicy",
                &bucket(name),
                "an administrator of another account",
            )
            .without("aws:SourceVpce")
            .elsewhere(),
            by_service(true, "delivery", "s3:GetObject", &object, "a service that another statement lets in"),
            row(true, "everything", "s3:PutObject", &format!("{object}/.s3_access_check"), "an access check")
                .forwarded(),
        ]);
    }
    for action in ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation"] {
        rows.push(as_administrator(row(true, "admin", action, KEY, "administers")));
    }
    for action in ["kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"] {
        rows.push(as_administrator(row(false, "admin", action, KEY, "does not use")));
    }
    // What goes through the endpoint of S3 goes to these buckets, whatever the caller may.
    let away = object("amzn-s3-demo-away", "1");
    rows.push(row(false, "starter", "s3:PutObject", &away, "carried out").widely());
    let (result, listed) = (object(RESULTS, "results/job/1"), bucket(RESULTS));
    rows.extend([
        row(true, "starter", "s3:AbortMultipartUpload", &result, "a wide role").widely(),
        row(true, "starter", "s3:ListMultipartUploadParts", &result, "a wide role").widely(),
        row(false, "starter", "s3:DeleteObject", &result, "a wide role").widely(),
        row(false, "starter", "s3:GetObject", &result, "another's")
            .widely()
            .with("s3:ResourceAccount", OTHER),
        row(true, "starter", "s3:ListBucket", &listed, "a wide role").widely(),
        row(false, "starter", "s3:ListBucket", &listed, "another's")
            .widely()
            .with("s3:ResourceAccount", OTHER),
        row(false, "everything", "s3:ListBucket", &listed, "a role that the endpoint does not let in"),
    ]);
    rows
}

fn as_administrator(mut row: Row) -> Row {
    row.request.caller = Caller::Role(role("admin"));
    row
}

fn rows() -> Vec<Row> {
    [starter(), reader_and_worker(), notification(), comprehend(), everybody()].concat()
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

/// The table says something only if it fails for what is broken: without any one statement, or any one condition, a row changes.
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
    // Said twice on purpose: the denial beside it says the same, and either holds where the other is lost in an edit.
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
            // Of a denial, and of the administration of a key, a sample of the actions will do.
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
