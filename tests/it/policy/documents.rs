//! What holds of every policy, whatever the names are.

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

/// All policies of a scope, that of the key among them.
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
    for name in ["", "a b", "a_b", &"a".repeat(41)] {
        assert_eq!(builder().name(name).build().unwrap_err(), InvalidScope::ResourceName);
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

/// KMS takes no policy that names a role that is not there.
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

/// Every `*` that stands alone as a resource, by policy and statement. The docs of the module give the reason of each.
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

/// Keys that AWS knows, each by the page that lists it: a typing error would make a denial that never holds.
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

/// What an ARN of the stack names exists in it, and what must be kept is.
#[test]
fn the_stack_holds_together() {
    for scope in [whole(), Scope::builder(documents(), &seal()).build().unwrap()] {
        let stack = Stack::new(&scope);
        let template: Value = serde_json::from_str(&stack.to_json().unwrap()).unwrap();
        let length = stack.to_yaml().unwrap().len();
        assert!(length < 51_200, "{length}, of the most that one request takes");
        let resources = template["Resources"].as_object().unwrap();
        for (id, resource) in resources {
            let is_kept = matches!(resource["Type"].as_str(), Some("AWS::S3::Bucket" | "AWS::KMS::Key"));
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(resource.get(policy).is_some_and(|value| value == "Retain"), is_kept, "{id}");
            }
        }
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

    /// Whatever a key is made of, its policy is about that key and about no other.
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
