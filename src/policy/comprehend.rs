//! The role as which Amazon Comprehend's asynchronous jobs read and write.

use super::document::{PolicyDocument, Statement, Test};
use super::identity::{listing, objects};
use super::names::Names;
use super::notification::service_trust;

/// Who takes on the role: Comprehend, and only for jobs and models of this account.
pub(super) fn trust(names: &Names) -> PolicyDocument {
    service_trust(names, "ComprehendOfThisAccount", "comprehend.amazonaws.com", "comprehend", "*")
}

/// What it may: read and write what was filed, under the key.
pub(super) fn permissions(names: &Names) -> PolicyDocument {
    PolicyDocument::new([
        objects(names, "ReadFiled", &["s3:GetObject"], &names.sink),
        listing(names, "ListFiled", &names.sink),
        objects(names, "WriteResults", &["s3:PutObject"], &names.sink),
        Statement::allow("UseSeal")
            .actions(["kms:Decrypt", "kms:GenerateDataKey"])
            .resources([names.key.clone()])
            .when(Test::StringEquals, "kms:ViaService", [names.via("s3")]),
        // Volumes are encrypted by a service that Comprehend stands on.
        Statement::allow("GrantVolumes").actions(["kms:CreateGrant"]).resources([names.key.clone()]).when(
            Test::Bool,
            "kms:GrantIsForAWSResource",
            ["true"],
        ),
    ])
}
