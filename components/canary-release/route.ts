import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotations, serviceName } from "../../release/model/index.js";
import { apisixTls } from "../crds/index.js";
import { SourceRoute } from "../source-route/index.js";
import type { HttpRule } from "../source-route/index.js";
import type { OwnedRoute, RoutePlugin } from "./args.js";
import type { Making } from "./making.js";
import { sharedOwnership } from "./manifests.js";

const prometheus: RoutePlugin = { name: "prometheus", enable: true, config: { prefer_name: true } };

/** `<route>-<release>-canary`, as Flagger names it. */
export function weightedRouteName(base: string, release: string): string {
  return `${base}-${release}-canary`;
}

/** The weighted route at rest, with what it needs: rules of its own, or those of a source that lead to the release. */
export function createWeightedRoute(
  making: Making,
  routeName: string,
  dependsOn: readonly pulumi.Resource[],
): Pick<k8s.apiextensions.CustomResource, "metadata"> & pulumi.Resource {
  const { release, args } = making;
  const ingressClassName = classOf(making);
  const create = (
    http: pulumi.Input<readonly HttpRule[]>,
    more: Readonly<Record<string, string>>,
    after: typeof dependsOn,
  ) =>
    making.objects.apisix(
      `${release}-route`,
      "ApisixRoute",
      {
        metadata: making.metadata(routeName, { ...sharedOwnership, ...more }),
        spec: { ingressClassName, http },
      },
      making.after(after),
    );
  if (args.route !== undefined) {
    createTls(making, routeName, args.route, dependsOn);
    return create(ownedRules(release, args.service.name ?? release, args.service.port, args.route), {}, dependsOn);
  }
  const source = sourceOf(making, routeName, dependsOn);
  const upstreams = carriedUpstreams(making, source);
  const named = args.routeRef === undefined ? {} : { [annotations.source]: args.routeRef.name };
  return create(source.http, named, [...dependsOn, ...upstreams]);
}

function classOf({ args }: Making): pulumi.Output<string> {
  return pulumi.output(args.ingressClassName ?? args.platform?.ingressClassName ?? "apisix");
}

function createTls(
  making: Making,
  routeName: string,
  { hosts, tls }: OwnedRoute,
  dependsOn: readonly pulumi.Resource[],
): void {
  if (tls === undefined) return;
  const { name, ...metadata } = making.metadata(routeName);
  const ingressClassName = classOf(making);
  apisixTls(
    `${making.release}-tls`,
    { name, ...metadata, ingressClassName, hosts, secretName: tls.secretName },
    making.after(dependsOn),
  );
}

function sourceOf(making: Making, routeName: string, dependsOn: readonly pulumi.Resource[]): SourceRoute {
  const { release, args, namespace, access } = making;
  const { kubeconfig, context, cluster } = access;
  const inputs = {
    namespace,
    name: release,
    routeName,
    service: { name: args.service.name ?? release, port: args.service.port, portName: args.service.portName ?? "http" },
    ingressClassName: classOf(making),
    ...(args.routeRef === undefined ? {} : { source: args.routeRef.name }),
    ...{ kubeconfig, context, cluster },
    ...(making.objects.takesOver ? { takesOver: true } : {}),
  };
  return new SourceRoute(`${release}-source-route`, inputs, making.after(dependsOn));
}

/**
 * An ApisixUpstream is found by the name of its Service: primary and canary get what the Service has. They are there
 * also where it has none, so that a later one is followed.
 */
function carriedUpstreams(making: Making, source: SourceRoute): readonly pulumi.Resource[] {
  const { release, args } = making;
  const ingressClassName = classOf(making);
  return (["primary", "canary"] as const).map((role) => {
    const name = serviceName(args.service.name ?? release, role);
    const spec = pulumi
      .all([source.upstream, ingressClassName])
      .apply(([carried, own]) => ({ ...carried, ingressClassName: own }));
    const manifest = { metadata: making.metadata(name), spec };
    return making.objects.apisix(`${release}-${role}-upstream`, "ApisixUpstream", manifest, making.after([source]));
  });
}

/** The rules of an owned route at rest: everything to the primary. */
export function ownedRules(release: string, service: string, port: number, route: OwnedRoute): readonly HttpRule[] {
  return [
    {
      name: route.ruleName ?? release,
      ...(route.priority === undefined ? {} : { priority: route.priority }),
      match: {
        hosts: [...route.hosts],
        paths: [...(route.paths ?? ["/*"])],
        ...(route.methods === undefined ? {} : { methods: [...route.methods] }),
      },
      backends: backendsAtRest(service, port),
      plugins: withPrometheus(route.plugins ?? []),
    },
  ];
}

/** Always both backends, in this order: adding one under load can give brief errors. */
function backendsAtRest(service: string, port: number): readonly unknown[] {
  return [
    { serviceName: serviceName(service, "primary"), servicePort: port, weight: 100 },
    { serviceName: serviceName(service, "canary"), servicePort: port, weight: 0 },
  ];
}

function withPrometheus(plugins: readonly RoutePlugin[]): readonly RoutePlugin[] {
  return plugins.some((plugin) => plugin.name === prometheus.name) ? plugins : [...plugins, prometheus];
}
