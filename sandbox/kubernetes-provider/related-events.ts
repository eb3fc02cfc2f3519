// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { ApiClient } from "./client.js";
import type { StatusLog } from "./engine-log.js";
import { listAt, textAt } from "./values.js";
import type { ValueObject } from "./values.js";

/** Shows the Warning Events of an object, old ones too, as the real plugin does while it waits for anything of it. */
export async function showWarnings(client: ApiClient, object: ValueObject, log: StatusLog): Promise<void> {
  const uid = textAt(object, "metadata", "uid");
  if (uid === undefined) return;
  const namespace = encodeURIComponent(textAt(object, "metadata", "namespace") ?? "default");
  const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning` };
  const events = await client
    .request("GET", `/api/v1/namespaces/${namespace}/events`, { query })
    // What can't be read isn't shown; the resource's fate doesn't hang on it.
    .catch((): ValueObject => ({}));
  for (const event of listAt(events, "items"))
    log.warn(`${textAt(event, "reason") ?? ""}: ${textAt(event, "message") ?? ""}`);
}
