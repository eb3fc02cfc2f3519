import { analysisOf } from "./analysis.js";
import { autoscalerOf } from "./autoscaler.js";
import { wordOf } from "./documents.js";
import type { Draft } from "./draft.js";
import type { Library } from "./library.js";
import type { Leaf, Reader } from "./reader.js";
import { routeOf } from "./route.js";
import { serviceOf } from "./service.js";

/** Name and arguments of the release that a Canary stands for. */
export function releaseOf(
  canary: Reader,
  library: Library,
  options: { readonly namespace?: string | undefined },
): Readonly<Record<string, Draft>> {
  checkVersion(canary);
  const metadata = canary.need("metadata");
  const spec = canary.need("spec");
  const service = spec.need("service");
  const name = targetOf(spec);
  const given = metadata.text("namespace");
  const namespace = options.namespace ?? given?.value;
  if (namespace === undefined) metadata.doubt("has no namespace: default is taken");
  if (options.namespace !== undefined) metadata.at("namespace")?.understand();
  checkProvider(spec);
  spec.at("suspend")?.leaveOut("is left out: what must not be released is not run");
  const fillIns = fillInsOf(metadata, spec, name);
  return {
    name,
    namespace: options.namespace ?? given ?? "default",
    service: serviceOf(service),
    ...routeOf(spec, service),
    autoscaler: autoscalerOf(spec, library, { name: name?.value, namespace }),
    prometheusUrl: spec.text("metricsServer"),
    skipAnalysis: spec.flag("skipAnalysis"),
    revertOnDeletion: spec.flag("revertOnDeletion"),
    progressDeadline: spec.number("progressDeadlineSeconds")?.map((seconds) => `${seconds}s`),
    analysis: analysisOf(analysisIn(spec), { library, namespace, fillIns }),
  };
}

function checkVersion(canary: Reader): void {
  const version = canary.needText("apiVersion");
  if (version !== undefined && !/^flagger\.app\/v1(beta1|alpha3)$/.test(version.value))
    canary.at("apiVersion")?.problem("must be flagger.app/v1beta1");
  for (const key of ["apiVersion", "kind"]) canary.at(key)?.understand();
}

/** The release is called after its target, as Flagger's Deployments and Services are. */
function targetOf(spec: Reader): Leaf<string> | undefined {
  const target = spec.need("targetRef");
  const kind = target.needText("kind")?.value;
  const version = target.text("apiVersion")?.value ?? "apps/v1";
  if (kind !== undefined && kind !== "Deployment")
    target.at("kind")?.problem(`${wordOf(kind) ?? "this"} is not supported: only a Deployment can be released`);
  if (version !== "apps/v1") target.at("apiVersion")?.problem("must be apps/v1");
  for (const key of ["apiVersion", "kind"]) target.at(key)?.understand();
  return target.needText("name");
}

function checkProvider(spec: Reader): void {
  const provider = spec.text("provider")?.value ?? "apisix";
  if (provider === "apisix") spec.at("provider")?.understand();
  else
    spec
      .at("provider")
      ?.leaveOut(
        `is left out: the traffic goes through APISIX here, not ${wordOf(provider) ?? "this"}, and queries must name APISIX's metrics`,
      );
}

/** v1alpha3 called it `canaryAnalysis`; Flagger still reads that. */
function analysisIn(spec: Reader): Reader {
  const old = spec.at("canaryAnalysis");
  if (old === undefined || spec.at("analysis") !== undefined) return spec.need("analysis");
  old.doubt("is the old name of analysis");
  return spec.need("canaryAnalysis");
}

/** What Flagger puts into queries where a release would put something else. */
function fillInsOf(
  metadata: Reader,
  spec: Reader,
  target: Leaf<string> | undefined,
): Readonly<Record<string, string | undefined>> {
  const name = metadata.needText("name");
  const ingress = spec.at("ingressRef")?.text("name");
  metadata.at("name")?.understand();
  if (name !== undefined && target !== undefined && name.value !== target.value)
    metadata.at("name")?.doubt(`is left out: the release is called ${target.value}, after its target`);
  return { name: name?.value, ingress: ingress?.value };
}
