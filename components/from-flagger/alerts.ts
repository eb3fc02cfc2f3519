import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { textOf } from "./library.js";
import type { Library } from "./library.js";
import type { Leaf, Reader } from "./reader.js";

/** Who is told. An alert whose provider or address is not known is left out, and said to be. */
export function alertsOf(analysis: Reader, library: Library, namespace: string | undefined): Draft {
  const alerts = analysis.items("alerts").flatMap((each) => alertOf(each, library, namespace) ?? []);
  return alerts.length === 0 ? undefined : alerts;
}

function alertOf(alert: Reader, library: Library, canaryNamespace: string | undefined): Draft {
  const name = alert.needText("name");
  const reference = alert.need("providerRef");
  const providerName = reference.needText("name")?.value;
  if (providerName === undefined) return undefined;
  const namespace = reference.text("namespace")?.value ?? canaryNamespace;
  const wanted = { kind: "AlertProvider", name: providerName, namespace };
  const provider = library.find(reference, wanted);
  if (provider === undefined) return alert.leaveOut(`is left out: ${textOf(wanted)} is not in the text`);
  for (const key of ["name", "namespace"]) reference.at(key)?.understand();
  const spec = provider.need("spec");
  const address = addressOf(alert, spec, library, namespace);
  if (address === undefined) return spec.understand();
  const severity = alert.text("severity");
  if (severity === undefined) alert.doubt("has no severity: Flagger never sends it, here everything is told");
  return new Shape(alert, {
    name,
    severity,
    provider: new Shape(spec, {
      type: spec.needText("type"),
      address,
      channel: spec.text("channel"),
      username: spec.text("username"),
    }),
  });
}

function addressOf(
  alert: Reader,
  spec: Reader,
  library: Library,
  namespace: string | undefined,
): Leaf<string> | undefined {
  spec.at("proxy")?.leaveOut("is left out: alerts go out without a proxy");
  const secret = spec.at("secretRef");
  if (secret === undefined) return spec.needText("address");
  const name = secret.needText("name")?.value;
  if (name === undefined) return undefined;
  spec.at("address")?.leaveOut("is left out: the Secret's address holds, as in Flagger");
  const wanted = { name, namespace };
  const address = library.secretValue(secret, wanted, "address");
  if (address === undefined)
    return alert.leaveOut(
      `is left out: its address is in ${textOf({ ...wanted, kind: "Secret" })}; give it as secrets: { "${name}": { address } }`,
    );
  if (library.secretValue(secret, wanted, "token") !== undefined)
    secret.doubt("has a token, which is left out: alerts go to hook addresses");
  secret.at("name")?.understand();
  return address;
}
