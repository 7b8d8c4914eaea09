//! An account as its answers tell it, which tests change one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use inkseal::Clients;
use inkseal::posture::{Posture, Report};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, KEY, KEY_ID, RESULTS, analysis};

const LOOPBACK: &str = "http://127.0.0.1:9";

/// What is deployed: the answer to each operation. It is the SDK's own HTTP client.
#[derive(Clone, Debug)]
pub struct Deployed {
    pub answers: BTreeMap<&'static str, (u16, String)>,
    /// The operations that were called, in order.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Deployed {
    pub fn sound() -> Self {
        let key = json!({"KeyMetadata": {
            "KeyId": KEY_ID, "Arn": KEY, "Enabled": true, "KeyState": "Enabled", "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
        }});
        let trail =
            json!({"trailList": [{"Name": "audit", "TrailARN": "arn:a", "IsMultiRegionTrail": true}]});
        let selectors = json!({"EventSelectors": [{
            "ReadWriteType": "All", "IncludeManagementEvents": true,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
        }]});
        let answers = BTreeMap::from([
            ("DescribeKey", (200, key.to_string())),
            ("GetKeyRotationStatus", (200, json!({"KeyRotationEnabled": true}).to_string())),
            ("GetKeyPolicy", (200, json!({"Policy": key_policy(json!([])).to_string()}).to_string())),
            ("DescribeTrails", (200, trail.to_string())),
            ("GetTrailStatus", (200, json!({"IsLogging": true}).to_string())),
            ("GetEventSelectors", (200, selectors.to_string())),
            ("GetCallerIdentity", (200, caller(ACCOUNT, "assumed-role/starter/jane"))),
            ("GetBucketEncryption", (200, encryption("aws:kms", Some(KEY), true))),
            ("GetPublicAccessBlock", (200, access_block("true"))),
            ("GetBucketVersioning", (200, versioning("Enabled"))),
            ("GetBucketPolicy", (200, bucket_policy().to_string())),
            ("GetBucketLogging", (200, "<BucketLoggingStatus/>".to_owned())),
            ("GetBucketLocation as of the owner", (200, location(""))),
            ("GetBucketLocation", (200, location(""))),
            ("StartDocumentAnalysis", (200, json!({"JobId": "0123456789abcdef"}).to_string())),
        ]);
        Self { answers, asked: Arc::default() }
    }

    pub fn with(mut self, operation: &'static str, answer: impl Into<String>) -> Self {
        self.answers.insert(operation, (200, answer.into()));
        self
    }

    pub fn failing(mut self, operation: &'static str, status: u16, code: &str) -> Self {
        let body = match operation {
            "GetCallerIdentity" => {
                format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>")
            }
            _ if is_s3(operation) => format!("<Error><Code>{code}</Code></Error>"),
            _ => json!({"__type": code}).to_string(),
        };
        self.answers.insert(operation, (status, body));
        self
    }

    pub async fn clients_at(&self, endpoint: &str, token: Option<&str>) -> Clients {
        let keys = Credentials::new("ASIAIOSFODNN7EXAMPLE", "any", token.map(str::to_owned), None, "test");
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region("us-east-1")
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(self.clone());
        Clients::new(&config.load().await).unwrap()
    }

    pub async fn clients(&self) -> Clients {
        self.clients_at(LOOPBACK, Some("token-of-the-session")).await
    }

    pub async fn report(&self) -> Report {
        Posture::of_seal(analysis().seal(), &self.clients().await).evaluate().await
    }

    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().iter().cloned().collect()
    }
}

impl HttpClient for Deployed {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Deployed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        self.asked.lock().unwrap().push(operation.clone());
        let (status, body) = self.answers.get(operation.as_str()).expect(&operation).clone();
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        if status == 301 {
            response.headers_mut().insert("x-amz-bucket-region", "eu-west-1");
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap().to_owned();
    }
    let uri = request.uri();
    if uri.contains("?location") {
        assert_eq!(request.method(), "GET");
        let owned = request.headers().get("x-amz-expected-bucket-owner").is_some();
        return if owned { "GetBucketLocation as of the owner" } else { "GetBucketLocation" }.to_owned();
    }
    for (query, operation) in [
        ("?encryption", "GetBucketEncryption"),
        ("?publicAccessBlock", "GetPublicAccessBlock"),
        ("?versioning", "GetBucketVersioning"),
        ("?policy", "GetBucketPolicy"),
        ("?logging", "GetBucketLogging"),
    ] {
        if uri.contains(query) {
            assert_eq!(request.method(), "GET");
            return operation.to_owned();
        }
    }
    let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap();
    assert!(body.contains("Action=GetCallerIdentity"), "{uri} {body}");
    "GetCallerIdentity".to_owned()
}

pub fn is_s3(operation: &str) -> bool {
    operation.contains("Bucket") || operation == "GetPublicAccessBlock"
}

pub fn caller(account: &str, resource: &str) -> String {
    format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:{resource}</Arn><UserId>A</UserId>\
         <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}

pub fn encryption(algorithm: &str, key: Option<&str>, bucket_key: bool) -> String {
    let key = key.map(|key| format!("<KMSMasterKeyID>{key}</KMSMasterKeyID>")).unwrap_or_default();
    format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}\
         </SSEAlgorithm>{key}</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>{bucket_key}</BucketKeyEnabled>\
         </Rule></ServerSideEncryptionConfiguration>"
    )
}

pub fn access_block(last: &str) -> String {
    format!(
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
         <BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>{last}</RestrictPublicBuckets>\
         </PublicAccessBlockConfiguration>"
    )
}

/// As S3 has it: empty for us-east-1.
pub fn location(region: &str) -> String {
    format!("<LocationConstraint>{region}</LocationConstraint>")
}

pub fn versioning(status: &str) -> String {
    format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
}

pub fn bucket_policy() -> Value {
    let arn = format!("arn:aws:s3:::{RESULTS}");
    let header = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    json!({"Statement": [
        {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, format!("{arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": format!("{arn}/*"),
            "Condition": {"StringNotEquals": {header: KEY}},
        },
    ]})
}

pub fn key_policy(principal: Value) -> Value {
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    let principal = if principal == json!([]) { root } else { principal };
    json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}})
}
