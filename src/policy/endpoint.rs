//! What goes through the VPC endpoints, and the perimeter that lets nothing go elsewhere.

use super::document::{PolicyDocument, Principal, Statement, Test};
use super::names::Names;
use super::value::Value;

/// Of the endpoint of Textract: the operations of the families, by the roles that work with the documents.
pub(super) fn textract(names: &Names) -> PolicyDocument {
    let actions: Vec<Value> = names.starts().into_iter().chain(names.gets()).collect();
    PolicyDocument::new([by_callers(names, "TextractByRoles").actions(actions).resources(["*"])])
}

/// Of the endpoint of Comprehend: the detection of personal data, by the same roles.
pub(super) fn comprehend(names: &Names) -> PolicyDocument {
    PolicyDocument::new([by_callers(names, "ComprehendByRoles")
        .actions(["comprehend:DetectPiiEntities", "comprehend:ContainsPiiEntities"])
        .resources(["*"])])
}

/// Of the endpoint of S3: the buckets of the documents and no others, so that nothing is carried out to a bucket of somebody else.
pub(super) fn s3(names: &Names) -> PolicyDocument {
    let buckets = names.buckets();
    let objects = buckets.iter().map(|bucket| bucket.clone().then("/*"));
    let of_account = |statement: Statement| {
        statement.when(Test::StringEquals, "s3:ResourceAccount", [names.account.clone()])
    };
    PolicyDocument::new([
        of_account(by_callers(names, "ObjectsByRoles"))
            .actions([
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ])
            .resources(objects),
        of_account(by_callers(names, "ListingsByRoles"))
            .actions(["s3:ListBucket"])
            .resources(buckets.clone()),
    ])
}

/// Everybody, who is one of the roles: the policy of a gateway takes no other principal than `*`.
fn by_callers(names: &Names, sid: &'static str) -> Statement {
    Statement::allow(sid).principal(Principal::Everybody).when(
        Test::ArnEquals,
        "aws:PrincipalArn",
        names.callers(),
    )
}

/// For the roles, beside their own policies: nothing is called but through the endpoints, except by a service for them.
pub(super) fn perimeter(names: &Names) -> PolicyDocument {
    PolicyDocument::new([Statement::deny("DenyOutsideOfPerimeter")
        .actions(["textract:*", "comprehend:*", "s3:*"])
        .resources(["*"])
        .when(Test::StringNotEquals, "aws:SourceVpce", names.endpoints.iter().cloned())
        .when(Test::BoolIfExists, "aws:ViaAWSService", ["false"])])
}
