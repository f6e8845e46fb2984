"""Accounts that AWS itself owns and that policies and image names must name.

Only regions of the `aws` partition.
"""

from __future__ import annotations

from typing import Final

# Who writes billing reports into a bucket; source: Terraform's aws_billing_service_account, AWS Billing user guide.
BILLING: Final = "386209384616"

# Who writes a load balancer's access logs.
# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
LOAD_BALANCING: Final = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}

# The registries of SageMaker's own images, by kind of image and region ("" where the region has none).
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
_KINDS: Final = ("blazing", "deepar", "factor", "lda", "xgboost", "deep-learning", "serving")
_REGISTRIES: Final = """
af-south-1      455444449433 455444449433 455444449433 -            510948584623 -            -
ap-east-1       286214385809 286214385809 286214385809 -            651117190479 871362719292 057415533634
ap-northeast-1  501404015308 633353088612 351501993468 258307448986 354813040037 763104351884 520713654638
ap-northeast-2  306986355934 204372634319 835164637446 293181348795 366743142698 763104351884 520713654638
ap-northeast-3  867004704886 -            867004704886 -            867004704886 -            -
ap-south-1      991648021394 991648021394 991648021394 991648021394 720646828776 763104351884 520713654638
ap-southeast-1  475088953585 475088953585 475088953585 475088953585 121021644041 763104351884 520713654638
ap-southeast-2  544295431143 514117268639 712309505854 297031611018 783357654285 763104351884 520713654638
ca-central-1    469771592824 469771592824 469771592824 469771592824 341280168497 763104351884 520713654638
eu-central-1    813361260812 495149712605 664544806723 353608530281 492215442770 763104351884 520713654638
eu-north-1      669576153137 669576153137 669576153137 -            662702820516 763104351884 520713654638
eu-south-1      257386234256 257386234256 257386234256 -            978288397137 -            -
eu-west-1       685385470294 224300973850 438346466558 999678624901 141502667606 763104351884 520713654638
eu-west-2       644912444149 644912444149 644912444149 644912444149 764974769150 763104351884 520713654638
eu-west-3       749696950732 749696950732 749696950732 -            659782779980 763104351884 520713654638
me-south-1      249704162688 249704162688 249704162688 -            801668240914 217643126080 724002660598
sa-east-1       855470959533 855470959533 855470959533 -            737474898029 763104351884 520713654638
us-east-1       811284229777 522234722520 382416733822 766337827248 683313688378 763104351884 520713654638
us-east-2       825641698319 566113047672 404615174143 999911452149 257758044811 763104351884 520713654638
us-west-1       632365934929 632365934929 632365934929 632365934929 746614075791 763104351884 520713654638
us-west-2       433757028032 156387875391 174872318107 266724342769 246618743249 763104351884 520713654638
"""
SAGEMAKER_REGISTRIES: Final = {
    (kind, line.split()[0]): account.strip("-")
    for line in _REGISTRIES.strip().splitlines()
    for kind, account in zip(_KINDS, line.split()[1:], strict=True)
}

# The kind of each of SageMaker's own repositories.
SAGEMAKER_IMAGES: Final = {
    **dict.fromkeys(("blazingtext", "image-classification", "object-detection", "semantic-segmentation", "seq2seq"), "blazing"),
    "forecasting-deepar": "deepar",
    **dict.fromkeys(
        (
            "factorization-machines",
            "ipinsights",
            "kmeans",
            "knn",
            "linear-learner",
            "ntm",
            "object2vec",
            "pca",
            "randomcutforest",
        ),
        "factor",
    ),
    "lda": "lda",
    # scikit-learn and Spark ML are in the registries of XGBoost.
    **dict.fromkeys(("sagemaker-xgboost", "sagemaker-scikit-learn", "sagemaker-sparkml-serving"), "xgboost"),
    **dict.fromkeys(("sagemaker-tensorflow-serving", "sagemaker-tensorflow-serving-eia"), "serving"),
    **dict.fromkeys(
        (
            *("mxnet-inference", "mxnet-inference-eia", "mxnet-training"),
            *("pytorch-inference", "pytorch-inference-eia", "pytorch-training"),
            *("tensorflow-inference", "tensorflow-inference-eia", "tensorflow-training"),
            *("huggingface-pytorch-inference", "huggingface-pytorch-training"),
            *("huggingface-tensorflow-inference", "huggingface-tensorflow-training"),
        ),
        "deep-learning",
    ),
}
