// Stand-in for the APISIX ingress controller 2.2: turns ApisixTlses into the gateway's certificates.
import { createHash, X509Certificate } from "node:crypto";
import type { ClusterView } from "./cluster-view.js";
import { InvalidSpec } from "./expressions.js";
import { genId } from "./ids.js";
import type { ApisixTls, Secret } from "./resources.js";

/** A certificate in the gateway's format. */
export interface PushedSsl {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly snis: readonly string[];
  readonly cert: string;
  readonly key: string;
}

/** Translates an ApisixTls. Throws InvalidSpec when its Secret is missing or holds no key pair. */
export function translateTls({ metadata, spec }: ApisixTls, view: ClusterView): PushedSsl {
  const { namespace, name } = metadata;
  const secret = view.secret(spec.secret.namespace, spec.secret.name);
  if (secret === undefined) {
    const key = `${spec.secret.namespace}/${spec.secret.name}`;
    throw new InvalidSpec(
      `invalid apisix tls secret: failed to get secret ${key}: Secret "${spec.secret.name}" not found`,
    );
  }
  const { cert, key } = keyPair(secret);
  return {
    id: genId(`ApisixTls_${namespace}_${name}`),
    labels: {
      "k8s/kind": "ApisixTls",
      "k8s/name": name,
      "k8s/namespace": namespace,
      "manager-by": "apisix-ingress-controller",
    },
    snis: normalizedHosts(spec.hosts),
    cert,
    key,
  };
}

/** Hosts in lower case, each once. */
export function normalizedHosts(hosts: readonly string[]): string[] {
  return [...new Set(hosts.map((host) => host.trim().toLowerCase()))];
}

/** Which certificate an ApisixTls shows; undefined when it can't be read. */
export function certificateHash(tls: ApisixTls, view: ClusterView): string | undefined {
  try {
    const { raw } = new X509Certificate(translateTls(tls, view).cert);
    return createHash("sha256").update(raw).digest("hex");
  } catch {
    return undefined;
  }
}

/** Of `cert` and `key`, as APISIX names them, or of `tls.crt` and `tls.key`. */
function keyPair({ data }: Secret): { readonly cert: string; readonly key: string } {
  const text = (name: string): string | undefined => {
    const value = data?.[name];
    return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
  };
  const [cert, key] = text("cert") === undefined ? [text("tls.crt"), text("tls.key")] : [text("cert"), text("key")];
  if (cert === undefined) {
    throw new InvalidSpec("unknown secret format");
  }
  if (key === undefined) {
    throw new InvalidSpec("missing key field");
  }
  return { cert, key };
}
