//! What may go through the VPC endpoints, and the perimeter that lets nothing go elsewhere.

use super::analyses;
use super::identity::{DETECTION, UPLOAD, bucket_settings};
use super::language::{PolicyDocument, Principal, Statement, Test};
use super::names::Names;
use super::value::Value;

/// Of the endpoint of Textract: the operations of the families, by the roles that work with the documents.
pub(super) fn textract(names: &Names) -> PolicyDocument {
    let actions: Vec<Value> = names.starts().into_iter().chain(names.gets()).collect();
    PolicyDocument::new([by_callers(names, "TextractByRoles").actions(actions).resources(["*"])])
}

/// Of the endpoint of Comprehend: the detection of personal data by the same roles, and sealed jobs by those who start them.
pub(super) fn comprehend(names: &Names) -> PolicyDocument {
    let starters = &names.comprehend_starters;
    let jobs = by(starters, analyses::calls(names));
    let jobs = PolicyDocument::new((!starters.is_empty()).then_some(jobs));
    PolicyDocument::new([by_callers(names, "ComprehendByRoles").actions(DETECTION).resources(["*"])])
        .and(jobs)
}

/// Of the endpoint of S3: the buckets of the documents and no others, so that nothing is carried out to somebody else's bucket.
pub(super) fn s3(names: &Names) -> PolicyDocument {
    let buckets = names.buckets();
    let objects = buckets.iter().map(|bucket| bucket.clone().then("/*"));
    let of_account = |statement: Statement| {
        statement.when(Test::StringEquals, "s3:ResourceAccount", [names.account.clone()])
    };
    let uploads = of_account(by(&names.uploaders, Statement::allow("UploadsByUploaders")))
        .actions(UPLOAD)
        .resources([names.input.objects()])
        .where_present(names.uploads);
    let document = PolicyDocument::new([
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
    ]);
    let starters = &names.comprehend_starters;
    let results = [
        of_account(by(starters, Statement::allow("ResultsByComprehendStarters")))
            .actions(["s3:GetObject"])
            .resources([names.sink.objects()]),
        of_account(by(starters, Statement::allow("ListingsByComprehendStarters")))
            .actions(["s3:ListBucket"])
            .resources([names.sink.bucket.clone()]),
    ];
    let document = document.and(PolicyDocument::new(results.into_iter().filter(|_| !starters.is_empty())));
    // The containers of Comprehend's jobs in a VPC come through the endpoint of that VPC, as the role of Comprehend. They get no more
    // here than that role has. Unconfirmed: whether they need more; "Protect jobs by using an Amazon Virtual Private Cloud" in the
    // Amazon Comprehend developer guide allows deletions, the actions of uploads in parts and every bucket, for model artifacts too.
    let role = [names.comprehend_role.clone()];
    let jobs = [
        of_account(by(&role, Statement::allow("ObjectsByComprehend")))
            .actions(["s3:GetObject", "s3:PutObject"])
            .resources([names.sink.objects()]),
        of_account(by(&role, Statement::allow("ListingsByComprehend")))
            .actions(["s3:ListBucket"])
            .resources([names.sink.bucket.clone()]),
    ];
    let document = document.and(PolicyDocument::new(jobs.into_iter().filter(|_| names.in_vpc)));
    let settings = bucket_settings(names, by(&names.checkers, Statement::allow("SettingsByCheckers")));
    let settings = (!names.checkers.is_empty()).then_some(settings);
    document.and(PolicyDocument::new(uploads)).and(PolicyDocument::new(settings))
}

fn by_callers(names: &Names, sid: &'static str) -> Statement {
    by(&names.callers(), Statement::allow(sid))
}

/// Everybody who is one of the roles: the policy of a gateway takes no principal other than `*`.
fn by(roles: &[Value], statement: Statement) -> Statement {
    statement.principal(Principal::Everybody).when(Test::ArnEquals, "aws:PrincipalArn", roles.iter().cloned())
}

/// For the roles, in addition to their own policies: every call goes through the endpoints, unless a service makes it for them.
pub(super) fn perimeter(names: &Names) -> PolicyDocument {
    PolicyDocument::new([Statement::deny("DenyOutsideOfPerimeter")
        .actions(["textract:*", "comprehend:*", "s3:*"])
        .resources(["*"])
        .when(Test::StringNotEquals, "aws:SourceVpce", names.endpoints.iter().cloned())
        .when(Test::BoolIfExists, "aws:ViaAWSService", ["false"])])
}
