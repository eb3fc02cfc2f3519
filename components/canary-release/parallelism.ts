import * as pulumi from "@pulumi/pulumi";

let releases = 0;

/** Each release under analysis holds one of the engine's slots for minutes: says so in preview when there are too few. */
export function warnWhenTooFewSlots(resource: pulumi.Resource): void {
  releases += 1;
  const slots = Number(process.env["PULUMI_NODEJS_PARALLEL"] ?? "0");
  if (!pulumi.runtime.isDryRun() || slots <= 0 || releases <= slots) return;
  void pulumi.log.warn(
    `${releases} releases share ${slots} parallel operations: some wait until others are decided; raise --parallel`,
    resource,
  );
}
