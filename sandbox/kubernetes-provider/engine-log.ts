// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";

/** What people see of one resource while something is done to it; each text once. */
export interface StatusLog {
  warn(text: string): void;
  /** Takes back what was shown. */
  clear(): void;
}

/** Where what is to be seen of each resource goes. */
export interface ResourceLog {
  statusOf(urn: string): StatusLog;
}

/** The engine that started this plugin, for what people should see at once. */
export class EngineLog implements ResourceLog {
  private readonly client: EngineClient | undefined;

  /** Without an address nothing is shown. */
  constructor(address: string | undefined) {
    this.client = address === undefined ? undefined : new EngineClient(address, credentials.createInsecure());
  }

  statusOf(urn: string): StatusLog {
    const shown = new Set<string>();
    return {
      warn: (text) => {
        if (shown.has(text)) return;
        shown.add(text);
        this.send(urn, LogSeverity.WARNING, text);
      },
      clear: () => {
        if (shown.size > 0) this.send(urn, LogSeverity.INFO, "");
      },
    };
  }

  private send(urn: string, severity: LogSeverity, message: string): void {
    const request = new LogRequest().setUrn(urn).setSeverity(severity).setMessage(message).setEphemeral(true);
    this.client?.log(request, () => undefined);
  }
}
