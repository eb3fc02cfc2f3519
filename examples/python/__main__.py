"""A release in Python, on a gateway that is there already."""

import pulumi
import pulumi_apisix_canary as canary
import pulumi_kubernetes as k8s

config = pulumi.Config()
tag = config.get("tag") or "6.0.1"
image = config.get("image") or "ghcr.io/stefanprodan/podinfo"
host = config.get("host") or "app.example.com"

namespace = k8s.core.v1.Namespace("shop", metadata={"name": config.get("namespace") or "shop"})

platform = canary.ExistingPlatform(
    "platform",
    ingress_class_name="apisix",
    gateway={"namespace": "apisix", "reads_retries": True},
    prometheus={"url": "http://flagger-prometheus.apisix:9090", "scrape_interval_seconds": 2},
    definitions=False,
)

release = canary.CanaryRelease(
    config.get("name") or "podinfo",
    namespace=namespace.metadata.name,
    platform=platform,
    template=k8s.core.v1.PodTemplateSpecArgs(
        spec=k8s.core.v1.PodSpecArgs(
            termination_grace_period_seconds=10,
            containers=[
                k8s.core.v1.ContainerArgs(
                    name="app",
                    image=f"{image}:{tag}",
                    ports=[k8s.core.v1.ContainerPortArgs(name="http", container_port=9898)],
                    env=[k8s.core.v1.EnvVarArgs(name="PODINFO_UI_COLOR", value="#34577c")],
                    readiness_probe=k8s.core.v1.ProbeArgs(
                        http_get=k8s.core.v1.HTTPGetActionArgs(path="/readyz", port=9898),
                        period_seconds=1,
                    ),
                )
            ],
        )
    ),
    service={"port": 80, "target_port": 9898},
    route={"hosts": [host]},
    secrets={"tokens": {"API_TOKEN": config.get_secret("token") or "none"}},
    drain="1s",
    analysis={
        "interval": config.get("interval") or "10s",
        "threshold": 5,
        "max_weight": 50,
        "step_weight": 10,
        "metrics": [
            {"name": "request-success-rate", "threshold_range": {"min": 99}, "interval": "1m"},
            {"name": "request-duration", "threshold_range": {"max": 500}, "interval": "30s"},
        ],
    },
)

pulumi.export("route", release.route_name)
pulumi.export("revision", release.revision)
pulumi.export("outcome", release.outcome)
