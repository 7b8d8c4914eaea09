//! What holds for every policy, whatever the names are.

use std::collections::BTreeSet;

use inkseal::policy::{Documents, InvalidScope, PolicyDocument, Scope, ScopeBuilder, Stack};
use inkseal::resource::S3Object;
use inkseal::{NotificationChannel, Seal, SecureJob};
use proptest::prelude::*;
use serde_json::Value;

use super::evaluator::glob;
use crate::support::{ACCOUNT, KEY, KEY_ID, RESULTS, SOURCE, account, analysis, bucket, input, key};

fn seal() -> Seal {
    Seal::known(bucket().into(), key(), Some(account())).unwrap()
}

fn documents() -> Documents {
    format!("s3://{SOURCE}/scans/").parse().unwrap()
}

fn whole() -> Scope {
    Scope::builder(documents(), &seal())
        .sink("s3://amzn-s3-demo-filed/redacted".parse().unwrap())
        .vpc_endpoint("vpce-1a2b3c4d".parse().unwrap())
        .comprehend_starter("arn:aws:iam::111122223333:role/inkseal-analyst".parse().unwrap())
        .checker("arn:aws:iam::111122223333:role/inkseal-checker".parse().unwrap())
        .uploader("arn:aws:iam::111122223333:role/inkseal-uploader".parse().unwrap())
        .detecting()
        .polling()
        .comprehend_in_vpc()
        .build()
        .unwrap()
}

/// All policies of a scope, including that of the key.
fn all(scope: &Scope) -> Vec<(&'static str, PolicyDocument)> {
    let key = scope.key_statements().administered_by_account();
    scope.policies().into_iter().chain([("key", key)]).collect()
}

fn json(policy: &PolicyDocument) -> Value {
    serde_json::to_value(policy).unwrap()
}

#[test]
fn a_key_that_is_not_named_by_its_arn_is_refused() {
    let scope = |key: &str| {
        let job = SecureJob::text_detection(input()).output_bucket(bucket()).kms_key(key.parse().unwrap());
        Scope::of_job(&job.build().unwrap()).build()
    };
    for alias in ["alias/documents", "arn:aws:kms:us-east-1:111122223333:alias/documents"] {
        let error = scope(alias).unwrap_err();
        assert_eq!(error, InvalidScope::KeyIsAlias);
        assert!(error.to_string().contains("give the key's ARN"));
    }
    assert_eq!(scope(KEY_ID).unwrap_err(), InvalidScope::KeyIsNoArn);
    assert!(scope(KEY).is_ok());
}

#[test]
fn what_lies_elsewhere_is_refused() {
    let builder = || Scope::builder(documents(), &seal());
    let topic = |text: &str| builder().topic(text.parse().unwrap()).build();
    assert!(matches!(topic("arn:aws:sns:eu-west-1:111122223333:done"), Err(InvalidScope::Misplaced(_))));
    assert!(matches!(topic("arn:aws:sns:us-east-1:444455556666:done"), Err(InvalidScope::OtherAccount(_))));
    let role = |text: &str| builder().notification_role(text.parse().unwrap()).build();
    assert!(matches!(role("arn:aws-cn:iam::111122223333:role/r"), Err(InvalidScope::Misplaced(_))));
    assert!(matches!(role("arn:aws:iam::444455556666:role/r"), Err(InvalidScope::OtherAccount(_))));
    for (what, with) in [
        ("starts jobs", ScopeBuilder::starter as fn(_, _) -> _),
        ("reads results", ScopeBuilder::reader),
        ("workers", ScopeBuilder::worker),
        ("uploads", ScopeBuilder::uploader),
        ("starts Comprehend's jobs", ScopeBuilder::comprehend_starter),
        ("posture", ScopeBuilder::checker),
    ] {
        let with = |role: &str| with(builder(), role.parse().unwrap()).build();
        assert!(with("arn:aws:iam::111122223333:role/r").is_ok());
        assert!(matches!(with("arn:aws-cn:iam::111122223333:role/r"), Err(InvalidScope::Misplaced(_))));
        let error = with("arn:aws:iam::444455556666:role/r").unwrap_err();
        assert!(
            matches!(error, InvalidScope::OtherAccount(_)) && error.to_string().contains(what),
            "{error}"
        );
    }
    let queue = builder().queue("https://sqs.us-east-1.amazonaws.com/444455556666/q".parse().unwrap());
    assert!(matches!(queue.build(), Err(InvalidScope::OtherAccount(_))));
    let queue = builder().queue("https://sqs.eu-west-1.amazonaws.com/111122223333/q".parse().unwrap());
    assert!(matches!(queue.build(), Err(InvalidScope::Misplaced(_))));
    assert_eq!(builder().families([]).build().unwrap_err(), InvalidScope::NoFamily);
    for name in ["", "a b", "a_b", "-", "team-", "-x", "a--b", "é", &"a".repeat(41)] {
        assert_eq!(builder().name(name).build().unwrap_err(), InvalidScope::ResourceName, "{name}");
    }
    for name in ["a", "1", "Team-2-intake", &"a".repeat(40)] {
        assert!(builder().name(name).build().is_ok(), "{name}");
    }
    assert!("s3://amzn-s3-demo-source//a".parse::<Documents>().is_err());
    assert!("amzn-s3-demo-source/a".parse::<Documents>().is_err());
    assert_eq!("s3://amzn-s3-demo-source".parse::<Documents>().unwrap().prefix(), "");
}

#[test]
fn areas_that_lie_in_each_other_are_refused() {
    let overlaps = |documents: &str, sink: Option<&str>| {
        let builder = Scope::builder(documents.parse().unwrap(), &seal());
        let scope = match sink {
            Some(sink) => builder.sink(sink.parse().unwrap()).build(),
            None => builder.build(),
        };
        match scope {
            Ok(_) => None,
            Err(InvalidScope::Overlap(one, other)) => Some((one, other)),
            Err(error) => panic!("{error}"),
        }
    };
    let results = seal().bucket().to_string();
    let (documents, output, sink) = ("the documents", "the results", "the redacted results");
    assert_eq!(overlaps(&format!("s3://{results}"), None), Some((documents, output)));
    assert_eq!(overlaps(&format!("s3://{results}/redacted/of/us"), None), Some((documents, sink)));
    assert_eq!(overlaps(&format!("s3://{results}/scans/"), None), None);
    let folder = format!("s3://{results}/{}/clean", seal().prefix());
    assert_eq!(overlaps("s3://amzn-s3-demo-source/scans/", Some(&folder)), Some((output, sink)));
    assert_eq!(overlaps("s3://amzn-s3-demo-source", Some("s3://amzn-s3-demo-clean/a")), None);
}

#[test]
fn the_key_may_be_of_another_account_and_is_administered_there() {
    let key = KEY.replace("111122223333", "444455556666");
    let job = SecureJob::text_detection(input()).output_bucket(bucket()).kms_key(key.parse().unwrap());
    let scope =
        Scope::of_job(&job.build().unwrap()).account("111122223333".parse().unwrap()).build().unwrap();
    let policy = json(&scope.key_statements().administered_by_account());
    assert_eq!(policy["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::444455556666:root");
    assert!(policy.to_string().contains("arn:aws:iam::111122223333:role/"), "and used here");
}

#[test]
fn a_job_gives_the_policies_for_itself() {
    let scope = Scope::of_job(&analysis()).build().unwrap();
    let starter = json(&scope.starter()).to_string();
    assert!(
        starter.contains("textract:StartDocumentAnalysis")
            && starter.contains("textract:GetDocumentAnalysis")
    );
    assert!(
        !starter.contains("Expense") && !starter.contains("Lending") && !starter.contains("TextDetection")
    );
    let channel = NotificationChannel::new(
        "arn:aws:sns:us-east-1:111122223333:done".parse().unwrap(),
        "arn:aws:iam::111122223333:role/publish".parse().unwrap(),
    );
    let job =
        SecureJob::expense(input()).output_bucket(bucket()).kms_key(key()).notification_channel(channel);
    let scope = Scope::of_job(&job.build().unwrap()).build().unwrap();
    let starter = json(&scope.starter()).to_string();
    assert!(
        starter.contains("StartExpenseAnalysis") && !starter.contains("textract:Get"),
        "it need not poll"
    );
    assert!(starter.contains("role/publish") && json(&scope.topic()).to_string().contains(":done"));
}

/// KMS takes no policy that names a role that does not exist.
#[test]
fn where_nothing_is_announced_nobody_needs_the_role_for_it() {
    let builder = || Scope::builder(documents(), &seal()).polling();
    let texts = |scope: Scope| {
        let key = scope.key_statements().administered_by_account();
        format!("{} {}", json(&scope.starter()), json(&key))
    };
    let text = texts(builder().build().unwrap());
    assert!(!text.contains("iam:PassRole") && !text.contains("inkseal-textract"), "{text}");
    let topic = "arn:aws:sns:us-east-1:111122223333:done".parse().unwrap();
    let text = texts(builder().topic(topic).build().unwrap());
    assert!(text.contains("iam:PassRole") && text.contains("PublishEncrypted"), "{text}");
}

/// Comprehend's own network does not come through an endpoint of the account.
#[test]
fn the_endpoint_lets_comprehend_in_only_if_its_jobs_run_in_a_vpc() {
    let text = |scope: &Scope| json(&scope.s3_endpoint()).to_string();
    assert!(text(&whole()).contains("ObjectsByComprehend"));
    assert!(!text(&Scope::builder(documents(), &seal()).build().unwrap()).contains("ByComprehend"));
}

#[test]
fn other_partitions_have_their_own_names() {
    for (partition, region, suffix) in
        [("aws-cn", "cn-north-1", "amazonaws.com.cn"), ("aws-us-gov", "us-gov-west-1", "amazonaws.com")]
    {
        let key = format!("arn:{partition}:kms:{region}:{ACCOUNT}:key/{KEY_ID}");
        let seal = Seal::known(bucket().into(), key.parse().unwrap(), None).unwrap();
        let scope = Scope::builder(documents(), &seal).build().unwrap();
        for (name, policy) in all(&scope) {
            let text = json(&policy).to_string();
            assert!(!text.contains("arn:aws:"), "{name}: {text}");
        }
        let worker = json(&scope.worker()).to_string();
        assert!(worker.contains(&format!("s3.{region}.{suffix}\"")), "{worker}");
    }
}

/// Every `*` that is a resource by itself, by policy and statement. The docs of the module give the reason for each.
#[test]
fn wildcards_are_those_of_the_docs() {
    let mut found = Vec::new();
    for (name, policy) in all(&whole()) {
        for statement in json(&policy)["Statement"].as_array().unwrap() {
            let is_allowed = statement["Effect"] == "Allow";
            if is_allowed && statement["Resource"] == "*" && name != "key" {
                found.push(format!("{name} {}", statement["Sid"].as_str().unwrap()));
            }
            let actions = statement["Action"].to_string();
            assert!(!is_allowed || !actions.contains('*'), "{name} {actions}");
            let is_everybody = statement["Principal"] == "*" && is_allowed;
            assert!(!is_everybody || name.ends_with("-endpoint"), "{name}");
        }
    }
    assert_eq!(
        found,
        [
            "starter StartSealedJobs",
            "starter PollJobs",
            "reader GetResults",
            "worker DetectPersonalData",
            "checker ListTrails",
            "comprehend-role JoinVpc",
            "textract-endpoint TextractByRoles",
            "comprehend-endpoint ComprehendByRoles",
        ]
    );
    let docs = include_str!("../../../src/policy/mod.rs");
    for action in [
        "textract:Start",
        "textract:Get",
        "comprehend:DetectPiiEntities",
        "`ec2:`",
        "cloudtrail:DescribeTrails",
    ] {
        assert!(docs.contains(action), "{action} has no reason in the docs");
    }
}

/// Keys that AWS knows, each by the page that lists it: a typo would make a denial that never holds.
#[test]
fn conditions_look_at_keys_that_there_are() {
    const KNOWN: [&str; 20] = [
        // "AWS global condition context keys" in the IAM user guide.
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:ResourceAccount",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceVpce",
        "aws:ViaAWSService",
        // "Condition keys for Amazon S3", "for AWS KMS" and "for IAM" in the service authorization reference.
        "s3:ResourceAccount",
        "s3:prefix",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:x-amz-server-side-encryption-customer-algorithm",
        "kms:GrantIsForAWSResource",
        "kms:ViaService",
        "iam:PassedToService",
        "comprehend:OutputKmsKey",
        "comprehend:VolumeKmsKey",
        "comprehend:ModelKmsKey",
    ];
    for (name, policy) in all(&whole()) {
        for statement in policy.statements() {
            for key in statement.condition_keys() {
                assert!(KNOWN.contains(&key), "{name} {}: {key}", statement.sid());
            }
        }
    }
}

#[test]
fn ids_are_unique_and_the_same_names_give_the_same_bytes() {
    for ((name, policy), (_, again)) in all(&whole()).into_iter().zip(all(&whole())) {
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(text, serde_json::to_string(&again).unwrap());
        assert!(text.starts_with(r#"{"Version":"2012-10-17","Statement":[{"Sid":""#), "{text}");
        let mut ids: Vec<&str> = policy.statements().iter().map(|statement| statement.sid()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}");
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{name}");
    }
    let (one, other) = (Stack::new(&whole()), Stack::new(&whole()));
    assert_eq!(
        (one.to_json().unwrap(), one.to_yaml().unwrap()),
        (other.to_json().unwrap(), other.to_yaml().unwrap())
    );
}

/// "IAM and AWS STS quotas" in the IAM user guide, "Bucket policies" in the Amazon S3 user guide, "Resource quotas" in the AWS KMS
/// developer guide.
fn most_characters(name: &str) -> usize {
    match name {
        "key" => 32_768,
        name if name.ends_with("-trust") => 2_048,
        name if name.ends_with("-bucket") || name.ends_with("-endpoint") => 20_480,
        _ => 6_144,
    }
}

/// What CloudFormation takes in the rules of a template: "Rule functions" in the AWS CloudFormation template reference. `Fn::If`, which
/// other pages list as well, is refused.
const RULE_FUNCTIONS: [&str; 11] = [
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
    "Ref",
];

/// The functions that a part of a template calls.
fn functions(node: &Value, found: &mut BTreeSet<String>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| functions(item, found)),
        Value::Object(members) => {
            for (name, value) in members {
                if name.starts_with("Fn::") || name == "Ref" {
                    found.insert(name.clone());
                }
                functions(value, found);
            }
        }
        _ => {}
    }
}

/// What a part of a template refers to: a resource or parameter, an attribute of a resource, a condition.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reference {
    To(String),
    Attribute(String, String),
    Condition(String),
}

impl Reference {
    /// `Key.Arn` or `Name`.
    fn read(text: &str) -> Self {
        match text.split_once('.') {
            Some((resource, attribute)) => Self::Attribute(resource.to_owned(), attribute.to_owned()),
            None => Self::To(text.to_owned()),
        }
    }

    fn is_in(&self, template: &Value) -> bool {
        const PSEUDO: [&str; 5] =
            ["AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"];
        const WITH_ARN: [&str; 4] = ["AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SQS::Queue"];
        let get = |section: &str, name: &str| template[section].get(name);
        match self {
            Self::To(name) => {
                PSEUDO.contains(&name.as_str())
                    || get("Parameters", name).or_else(|| get("Resources", name)).is_some()
            }
            Self::Attribute(resource, attribute) => {
                let kind = get("Resources", resource).and_then(|resource| resource["Type"].as_str());
                attribute == "Arn" && kind.is_some_and(|kind| WITH_ARN.contains(&kind))
            }
            Self::Condition(name) => get("Conditions", name).is_some(),
        }
    }
}

/// All references of a part of a template, and the texts of its `Fn::Sub`.
fn references(node: &Value, found: &mut BTreeSet<Reference>, texts: &mut BTreeSet<String>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| references(item, found, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(to)) => {
                        found.insert(Reference::To(to.clone()));
                    }
                    ("Condition", Value::String(name)) => {
                        found.insert(Reference::Condition(name.clone()));
                    }
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap()).collect();
                        found.insert(Reference::read(&parts.join(".")));
                    }
                    ("Fn::Sub", Value::String(text)) => {
                        texts.insert(text.clone());
                        let names = text.split("${").skip(1).map(|rest| rest.split_once('}').unwrap().0);
                        // `${!` is a literal `${`.
                        found.extend(names.filter(|name| !name.starts_with('!')).map(Reference::read));
                    }
                    ("Fn::If", Value::Array(parts)) => {
                        found.insert(Reference::Condition(parts[0].as_str().unwrap().to_owned()));
                        parts[1..].iter().for_each(|part| references(part, found, texts));
                    }
                    (_, value) => references(value, found, texts),
                }
            }
        }
        _ => {}
    }
}

/// Every reference of the stack, and every ARN that it spells out, is of something in it, and what must be kept is.
#[test]
fn the_stack_holds_together() {
    for scope in [whole(), Scope::builder(documents(), &seal()).build().unwrap()] {
        let stack = Stack::new(&scope);
        let template: Value = serde_json::from_str(&stack.to_json().unwrap()).unwrap();
        let length = stack.to_yaml().unwrap().len();
        assert!(length < 51_200, "{length}, of the most that one request takes");
        let resources = template["Resources"].as_object().unwrap();
        for (id, resource) in resources {
            // What has a fixed name would be in the way of the deployment after one that failed.
            let kept = match (resource["Type"].as_str(), id.as_str()) {
                (Some("AWS::S3::Bucket"), "AccessLogBucket" | "TrailBucket") => Some("Retain"),
                (Some("AWS::S3::Bucket" | "AWS::KMS::Key"), _) => Some("RetainExceptOnCreate"),
                _ => None,
            };
            let policy = |of: &str| resource.get(of).and_then(Value::as_str);
            assert_eq!(policy("DeletionPolicy"), kept, "{id}");
            assert_eq!(policy("UpdateReplacePolicy"), kept.map(|_| "Retain"), "{id}");
        }
        let mut called = BTreeSet::new();
        functions(&template["Rules"], &mut called);
        assert!(called.iter().all(|name| RULE_FUNCTIONS.contains(&name.as_str())), "{called:?}");
        assert!(called.contains("Ref"), "{called:?}");
        let (mut found, mut texts) = (BTreeSet::new(), BTreeSet::new());
        references(&template, &mut found, &mut texts);
        assert!(found.len() > 40, "{found:?}");
        for reference in &found {
            assert!(reference.is_in(&template), "{reference:?}");
        }
        // The topic, the queues and the trail are also named without a reference, which would be a cycle.
        let named = |resource: &Value| {
            let name =
                ["TopicName", "QueueName", "TrailName"].map(|of| &resource["Properties"][of]["Fn::Sub"]);
            name.into_iter().find_map(|name| name.as_str().map(str::to_owned))
        };
        let names: BTreeSet<String> = resources.values().filter_map(named).collect();
        let arns = texts.iter().filter(|text| text.starts_with("arn:") && text.contains("${Name}"));
        let spelt: BTreeSet<&str> = arns.map(|arn| &arn[arn.find("${Name}").unwrap()..]).collect();
        assert_eq!(spelt, names.iter().map(String::as_str).collect::<BTreeSet<_>>(), "{texts:?}");
        let days =
            |queue: &str| resources[queue]["Properties"]["MessageRetentionPeriod"].as_u64().unwrap() / 86_400;
        assert_eq!(
            (days("CompletionQueue"), days("DeadLetterQueue")),
            (4, 14),
            "a dead letter keeps its age"
        );
        let mut text = template.clone();
        text["Parameters"]["UploaderArns"].take();
        let text = text.to_string();
        assert!(!text.contains(KEY_ID) && !text.contains(ACCOUNT), "nothing of the scope's account is in it");
        assert_eq!(
            template["Parameters"]["KeyAdministratorArn"].get("Default"),
            None,
            "it must be filled in"
        );
        assert_eq!(template["Parameters"]["OutputBucketName"]["Default"], RESULTS);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever characters a key has, its policy is about that key and no other.
    #[test]
    fn special_characters_grant_nothing_else(key in "[a-z*?${}/é]{1,12}", other in "[a-z*?${}/é]{1,12}") {
        prop_assume!(!key.starts_with('/') && key != other);
        let object = S3Object::new(SOURCE, &key).unwrap();
        let scope = Scope::builder(Documents::object(&object), &seal()).build().unwrap();
        let resource = json(&scope.starter())["Statement"][1]["Resource"].as_str().unwrap().to_owned();
        let arn = |key: &str| format!("arn:aws:s3:::{SOURCE}/{key}");
        prop_assert!(glob(&resource, &arn(&key)));
        prop_assert!(!glob(&resource, &arn(&other)));
        let scope = Scope::builder(Documents::under(SOURCE.parse().unwrap(), key.clone()).unwrap(), &seal()).build().unwrap();
        let resource = json(&scope.starter())["Statement"][1]["Resource"].as_str().unwrap().to_owned();
        let (inside, beside) = (format!("{key}{other}"), other.clone());
        prop_assert!(glob(&resource, &arn(&inside)));
        prop_assert_eq!(glob(&resource, &arn(&beside)), beside.starts_with(&key));
    }

    /// With the longest names, too, every policy fits where it goes.
    #[test]
    fn policies_fit_where_they_go(length in 1_usize..=896, name in 1_usize..=40) {
        let prefix = "p".repeat(length);
        let output = format!("s3://{}/{prefix}", "r".repeat(63)).parse().unwrap();
        let seal = Seal::known(output, key(), Some(account())).unwrap();
        let documents = format!("s3://{}/{prefix}", "s".repeat(63)).parse().unwrap();
        let scope = Scope::builder(documents, &seal)
            .name("n".repeat(name))
            .sink(format!("s3://{}/{prefix}", "f".repeat(63)).parse().unwrap())
            .vpc_endpoint("vpce-1a2b3c4d5e6f70819".parse().unwrap())
            .comprehend_starter(format!("arn:aws:iam::{ACCOUNT}:role/{}", "c".repeat(64)).parse().unwrap())
            .detecting()
            .polling()
            .comprehend_in_vpc()
            .build()
            .unwrap();
        for (name, policy) in all(&scope) {
            prop_assert!(policy.counted_characters() <= most_characters(name), "{}: {}", name, policy.counted_characters());
        }
    }
}
