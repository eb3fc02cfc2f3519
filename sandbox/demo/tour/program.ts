import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryPlatform, CanaryRelease, ReleaseTrain } from "../../../components/index.js";
import type { TrainMember } from "../../../components/index.js";
import { hostOf, namespaceName, releasesOf, shipped, stops } from "./strategies.js";
import type { Stop } from "./strategies.js";

const revisions = shipped.parse(new pulumi.Config().requireObject("shipped"));
const platform = new CanaryPlatform("edge", { namespace: "apisix" });
const namespace = new k8s.core.v1.Namespace(namespaceName, { metadata: { name: namespaceName } });
for (const stop of stops) {
  const releases = releasesOf(stop).map((name) => argsOf(name, stop.analysis));
  if (stop.members !== undefined) new ReleaseTrain(stop.name, { releases });
  else for (const { name, ...args } of releases) new CanaryRelease(name, args);
}

function argsOf(name: string, analysis: Stop["analysis"]): TrainMember {
  const { version, fails } = revisions[name] ?? { version: "1.0.0", fails: false };
  const env = fails ? [{ name: "FAIL_PERCENT", value: "100" }] : [];
  return {
    name,
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
  };
}
