//! The role as which Amazon Comprehend's asynchronous jobs read and write.

use super::identity::{listing, objects};
use super::language::{PolicyDocument, Statement, Test};
use super::names::Names;
use super::notification::service_trust;

/// Who assumes the role: Comprehend, and only for jobs and models of this account.
pub(super) fn trust(names: &Names) -> PolicyDocument {
    service_trust(names, "ComprehendOfThisAccount", "comprehend.amazonaws.com", "comprehend", "*")
}

/// The network interfaces of jobs in a VPC: what "Protect jobs by using an Amazon Virtual Private Cloud" in the Amazon Comprehend
/// developer guide gives the role, on all resources.
fn network_interfaces() -> Statement {
    Statement::allow("JoinVpc")
        .actions([
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ])
        .resources(["*"])
}

/// What it may do: read and write what was filed, under the key, and join a VPC if asked to.
pub(super) fn permissions(names: &Names) -> PolicyDocument {
    let network = PolicyDocument::new(names.in_vpc.then(network_interfaces));
    PolicyDocument::new([
        objects(names, "ReadFiled", &["s3:GetObject"], &names.sink),
        listing(names, "ListFiled", &names.sink),
        objects(names, "WriteResults", &["s3:PutObject"], &names.sink),
        Statement::allow("UseSeal")
            .actions(["kms:Decrypt", "kms:GenerateDataKey"])
            .resources([names.key.clone()])
            .when(Test::StringEquals, "kms:ViaService", [names.via("s3")]),
        // The volumes are encrypted by a service that Comprehend is built on.
        Statement::allow("GrantVolumes").actions(["kms:CreateGrant"]).resources([names.key.clone()]).when(
            Test::Bool,
            "kms:GrantIsForAWSResource",
            ["true"],
        ),
    ])
    .and(network)
}
