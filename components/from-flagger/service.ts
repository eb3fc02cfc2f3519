import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import type { Leaf, Reader } from "./reader.js";

/** `service` of the arguments. */
export function serviceOf(service: Reader): Draft {
  for (const [key, reason] of Object.entries(notOurs)) service.at(key)?.leaveOut(`is left out: ${reason}`);
  // Labels and annotations that are not in the program stay as they are: nobody takes them away.
  service.at("unmanagedMetadata")?.understand();
  return new Shape(service, {
    name: service.text("name"),
    port: service.needNumber("port"),
    targetPort: targetPortOf(service),
    portName: service.text("portName"),
  });
}

/** What Flagger's Services can have and ours don't: why, and who can say it instead. */
const notOurs = {
  portDiscovery: "the Services have one port",
  headless: "the gateway needs the Services' own addresses",
  trafficDistribution: "the gateway goes to the pods itself",
  appProtocol: "how the gateway speaks to the pods is said by the scheme of an ApisixUpstream",
  apex: "labels and annotations of the Services can't be given",
  primary: "labels and annotations of the Services can't be given",
  canary: "labels and annotations of the Services can't be given",
} as const;

/** A number, or a port's name; 0 is as good as absent. */
function targetPortOf(service: Reader): Leaf | undefined {
  const found = service.at("targetPort");
  const value = found?.leaf().value;
  if (value === 0 || value === "") return found?.understand();
  if (typeof value === "string") return service.text("targetPort");
  return service.number("targetPort");
}
