import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Program } from "../stack.js";
import { autoscaler, podSpec, releaseName } from "./fleet.js";
import type { Fleet } from "./fleet.js";

const notAwaited = { "pulumi.com/skipAwait": "true" };
const shared = { "pulumi.com/patchForce": "true" };

interface PlainFleet extends Pick<Fleet, "namespace" | "releases" | "version"> {
  /** Where a release has its three dynamic resources stand some that hold nothing and do nothing. */
  readonly emptySteps: boolean;
}

/** The typed objects of a fleet, in the same order, without the dynamic resources between them. */
export function plainProgram({ namespace, releases, version, emptySteps }: PlainFleet): Program {
  return () => {
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } });
    for (let index = 0; index < releases; index++)
      new PlainRelease(releaseName(index), home.metadata.name, version, emptySteps);
    return Promise.resolve();
  };
}

/** What any dynamic resource costs: Pulumi's provider runs this text, and it changes nothing. */
class EmptyStep extends pulumi.CustomResource {
  private static readonly provider = `exports.handler = () => ({
  diff: async () => ({ changes: false }),
  create: async () => ({ id: "empty", outs: {} }),
});
`;

  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    super("pulumi-nodejs:dynamic/bench:EmptyStep", name, { __provider: EmptyStep.provider }, opts);
  }
}

class PlainRelease extends pulumi.ComponentResource {
  constructor(
    private readonly release: string,
    private readonly namespace: pulumi.Output<string>,
    private readonly version: string,
    private readonly emptySteps: boolean,
  ) {
    super("bench:index:PlainRelease", release);
    const object = this.object();
    const services = ["", "-canary", "-primary"].map((suffix) => this.service(suffix, object));
    const route = this.route([object, ...services]);
    const canary = this.deployment("", this.step("preparation", route));
    const primary = this.deployment("-primary", this.step("analysis", canary));
    this.autoscaler("", canary);
    this.autoscaler("-primary", primary);
    this.step("promotion", primary);
    this.registerOutputs({});
  }

  /** What the next object comes after. */
  private step(name: string, before: pulumi.Resource): pulumi.Resource {
    return this.emptySteps ? new EmptyStep(`${this.release}-${name}`, this.after([before])) : before;
  }

  private after(dependsOn: readonly pulumi.Resource[]): pulumi.CustomResourceOptions {
    return { parent: this, dependsOn: [...dependsOn] };
  }

  private metadata(suffix: string, annotations?: Record<string, string>) {
    const name = `${this.release}${suffix}`;
    return { name, namespace: this.namespace, ...(annotations === undefined ? {} : { annotations }) };
  }

  private object(): pulumi.Resource {
    const { release: name } = this;
    return new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "apisix-canary.io/v1",
        kind: "CanaryRelease",
        metadata: this.metadata(""),
        spec: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, service: { name, port: 80 } },
      },
      this.after([]),
    );
  }

  private service(suffix: string, object: pulumi.Resource): pulumi.Resource {
    const selector = { app: suffix === "-canary" ? this.release : `${this.release}-primary` };
    const ports = [{ name: "http", port: 80, targetPort: 9898, protocol: "TCP" }];
    return new k8s.core.v1.Service(
      `${this.release}${suffix}-service`,
      { metadata: this.metadata(suffix, notAwaited), spec: { type: "ClusterIP", selector, ports } },
      this.after([object]),
    );
  }

  private route(dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    return new k8s.apiextensions.CustomResource(
      `${this.release}-route`,
      {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixRoute",
        metadata: this.metadata(`-${this.release}-canary`, shared),
        spec: { ingressClassName: "nobody", http: [rule(this.release)] },
      },
      this.after(dependsOn),
    );
  }

  private deployment(suffix: string, before: pulumi.Resource): pulumi.Resource {
    const app = `${this.release}${suffix}`;
    const annotations = { ...shared, ...(suffix === "" ? notAwaited : {}) };
    return new k8s.apps.v1.Deployment(
      `${app}-deployment`,
      {
        metadata: this.metadata(suffix, annotations),
        spec: {
          ...(suffix === "" ? { replicas: 0 } : {}),
          selector: { matchLabels: { app } },
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          template: { metadata: { labels: { app } }, spec: podSpec(this.version) },
        },
      },
      this.after([before]),
    );
  }

  private autoscaler(suffix: string, workload: pulumi.Resource): void {
    const name = `${this.release}${suffix}`;
    const { cpuUtilization: averageUtilization, ...replicas } = autoscaler;
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-hpa`,
      {
        metadata: this.metadata(suffix),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
          ...replicas,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } },
          ],
        },
      },
      this.after([workload]),
    );
  }
}

function rule(name: string) {
  return {
    name,
    match: { hosts: [`${name}.example.com`], paths: ["/*"] },
    backends: ["primary", "canary"].map((role) => ({
      serviceName: `${name}-${role}`,
      servicePort: 80,
      weight: role === "primary" ? 100 : 0,
    })),
    plugins: [{ name: "prometheus", enable: true, config: { prefer_name: true } }],
  };
}
