import * as pulumi from "@pulumi/pulumi";

let releases = 0;

/** Operations that the engine performs at the same time (`--parallel`); undefined where it doesn't tell. */
export function slots(): number | undefined {
  const told = Number(process.env["PULUMI_NODEJS_PARALLEL"] ?? "0");
  return told > 0 ? told : undefined;
}

/** Each release under analysis holds one of the engine's slots for minutes: says so in preview when there are too few. */
export function warnWhenTooFewSlots(resource: pulumi.Resource): void {
  releases += 1;
  const available = slots();
  if (!pulumi.runtime.isDryRun() || available === undefined || releases <= available) return;
  void pulumi.log.warn(
    `${releases} releases share ${available} parallel operations: some wait until others are decided; raise --parallel`,
    resource,
  );
}
