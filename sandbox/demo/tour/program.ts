import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease } from "../../../components/index.js";
import { hostOf, namespaceName, shipped, stops } from "./strategies.js";

const revisions = shipped.parse(new pulumi.Config().requireObject("shipped"));
const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const namespace = new k8s.core.v1.Namespace(namespaceName, { metadata: { name: namespaceName } });
for (const { name, analysis } of stops) {
  const { version, fails } = revisions[name] ?? { version: "1.0.0", fails: false };
  const env = fails ? [{ name: "FAIL_PERCENT", value: "100" }] : [];
  new CanaryRelease(name, {
    namespace: namespace.metadata.name,
    template: {
      spec: {
        containers: [
          {
            name: "app",
            image: `sandbox/faulty:${version}`,
            env,
            readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
          },
        ],
      },
    },
    service: { port: 80, targetPort: 9898 },
    route: { hosts: [hostOf(name)] },
    platform,
    progressDeadline: "60s",
    drain: "1s",
    analysis,
  });
}
