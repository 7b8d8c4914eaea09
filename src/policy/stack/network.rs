//! The VPC endpoints, if the deployer gives a VPC.

use super::super::endpoint;
use super::super::language::PolicyDocument;
use super::super::names::Names;
use super::super::value::Value;
use super::HAS_VPC;
use super::node::{Node, list, map, reference};

pub(super) fn resources(names: &Names) -> Vec<(&'static str, Node)> {
    vec![
        ("EndpointSecurityGroup", security_group()),
        ("TextractEndpoint", interface("textract", endpoint::textract(names))),
        ("ComprehendEndpoint", interface("comprehend", endpoint::comprehend(names))),
        ("S3Endpoint", gateway(endpoint::s3(names))),
    ]
}

/// TLS in from the VPC, and nothing out: an endpoint answers, and never calls.
fn security_group() -> Node {
    let tls = map! {
        "IpProtocol": "tcp",
        "FromPort": 443_u32,
        "ToPort": 443_u32,
        "CidrIp": reference("ClientCidr"),
        "Description": "TLS from the VPC",
    };
    let nowhere = map! {
        "IpProtocol": "tcp",
        "FromPort": 443_u32,
        "ToPort": 443_u32,
        "CidrIp": "127.0.0.1/32",
        "Description": "Nowhere: without a rule, everything out is allowed",
    };
    map! {
        "Type": "AWS::EC2::SecurityGroup",
        "Condition": HAS_VPC,
        "Properties": map! {
            "GroupDescription": "Endpoints of Textract and Comprehend",
            "VpcId": reference("VpcId"),
            "SecurityGroupIngress": list![tls],
            "SecurityGroupEgress": list![nowhere],
        },
    }
}

fn interface(service: &'static str, policy: PolicyDocument) -> Node {
    map! {
        "Type": "AWS::EC2::VPCEndpoint",
        "Condition": HAS_VPC,
        "Properties": map! {
            "VpcEndpointType": "Interface",
            "ServiceName": service_name(service),
            "VpcId": reference("VpcId"),
            "SubnetIds": reference("SubnetIds"),
            "SecurityGroupIds": list![reference("EndpointSecurityGroup")],
            "PrivateDnsEnabled": true,
            "PolicyDocument": policy,
        },
    }
}

fn gateway(policy: PolicyDocument) -> Node {
    map! {
        "Type": "AWS::EC2::VPCEndpoint",
        "Condition": HAS_VPC,
        "Properties": map! {
            "VpcEndpointType": "Gateway",
            "ServiceName": service_name("s3"),
            "VpcId": reference("VpcId"),
            "RouteTableIds": reference("RouteTableIds"),
            "PolicyDocument": policy,
        },
    }
}

fn service_name(service: &'static str) -> Value {
    Value::join(["com.amazonaws.".into(), Value::reference("AWS::Region"), ".".into(), service.into()])
}
