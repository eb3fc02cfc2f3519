import type { AdoptionPort } from "../ports/index.js";
import type { AdoptionSettings, ReleaseSettings } from "../settings/index.js";
import { createAdoption } from "./kubernetes/adoption/index.js";
import { sharedApiServer } from "./kubernetes/index.js";
import { createServiceProxy } from "./kubernetes/service-proxy.js";
import { createRequestCounter } from "./prometheus/requests.js";
import { createServiceAccess } from "./service-access/index.js";

/** The takeover's port on the release's cluster and Prometheus. */
export function createAdoptionPort(settings: ReleaseSettings, adoption: AdoptionSettings): AdoptionPort {
  const { kubeconfig, context, cluster, namespace } = settings;
  const api = sharedApiServer({ kubeconfig, context, cluster });
  const serviceAccess = createServiceAccess({ namespace, serviceProxyFetch: createServiceProxy(api) });
  return createAdoption(api, settings, adoption, createRequestCounter(settings, serviceAccess));
}
