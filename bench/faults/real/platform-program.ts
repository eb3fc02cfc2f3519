import { CanaryPlatform } from "../../../components/index.js";

// A Pulumi program: two gateway pods, and a watchdog that acts soon.
new CanaryPlatform("edge", {
  namespace: "apisix",
  apisix: { replicas: 2 },
  watchdog: { watchdogAfterSeconds: 10 },
});
