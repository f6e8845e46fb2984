"""Where SageMaker rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "sagemaker.Model": {
        "minimal/output vpcConfig": "moto answers an empty VpcConfig where AWS answers none; we report none",
        "full/output enableNetworkIsolation": "moto 5.2.5 forgets it, so the golden run read false; AWS reports what was asked for, and so do we",
        (
            "full/change {'vpcConfig': {'securityGroupIds': ['{ref:aws:ec2/securityGroup:SecurityGroup#other.id}'], "
            "'subnets': ['{ref:aws:ec2/subnet:Subnet#a.id}', '{ref:aws:ec2/subnet:Subnet#b.id}']}}"
        ): "the genuine provider plans an update that SageMaker has no operation for, and shows it again for ever; a replacement is what it takes",
    },
}
