// Stand-in of the Pulumi engine's `kubernetes` resource-provider plugin, where the real one can't be downloaded.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { EngineLog } from "./engine-log.js";
import { KubernetesProviderService } from "./service.js";

const maximumMessageBytes = 400 * 1024 * 1024;

/** As the real plugin answers a flag that it hasn't got, `--version` among them. */
function refuseFlags(): void {
  const flag = process.argv
    .slice(2)
    .find((word) => word.startsWith("-") && !/^--?(logflow|logtostderr|v|tracing)\b/.test(word));
  if (flag === undefined) return;
  console.error(`flag provided but not defined: ${flag.replace(/^--?/, "-")}`);
  console.error("Usage of pulumi-resource-kubernetes:\n  -logflow\n  -logtostderr\n  -tracing string\n  -v int");
  process.exit(2);
}

function main(): void {
  refuseFlags();
  const log = new EngineLog(process.argv.slice(2).findLast((word) => /^[^-].*:\d+$/.test(word)));
  const server = new Server({
    "grpc.max_receive_message_length": maximumMessageBytes,
    "grpc.max_send_message_length": maximumMessageBytes,
  });
  server.addService(ResourceProviderService, new KubernetesProviderService(log).methods);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      console.error(`kubernetes provider stand-in: can't listen: ${error.message}`);
      process.exit(1);
    }
    console.log(String(port));
  });
  // An engine that is killed can't end us; its end of our input goes with it.
  process.stdin.on("end", () => process.exit(0)).resume();
}

main();
