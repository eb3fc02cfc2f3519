import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import type { handleUnaryCall, ServiceError, UntypedServiceImplementation } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type { RegisterResourceRequest, SupportsFeatureRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { RegisterResourceResponse, SupportsFeatureResponse } from "@pulumi/pulumi/proto/resource_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";

export const executable = path.resolve(__dirname, "../../../provider/main.js");

/** A resource as the engine heard of it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly isCustom: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
}

/** The plugin as the engine starts it, with an engine and a resource monitor that take everything down. */
export class Plugin {
  readonly registered: Registered[] = [];
  readonly logs: string[] = [];
  private constructor(
    readonly client: ResourceProviderClient,
    readonly process: ChildProcess,
    private readonly server: Server,
    readonly engineAddress: string,
  ) {}

  static async start(): Promise<Plugin> {
    const server = new Server();
    const received: { plugin?: Plugin } = {};
    server.addService(EngineService, engineMethods(received));
    server.addService(ResourceMonitorService, monitorMethods(received));
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const engineAddress = `127.0.0.1:${port}`;
    const child = spawn(process.execPath, [executable, "--logtostderr", "-v=1", engineAddress], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const printed = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
    const client = new ResourceProviderClient(`127.0.0.1:${printed}`, credentials.createInsecure());
    received.plugin = new Plugin(client, child, server, engineAddress);
    return received.plugin;
  }

  /** As an engine that ends: what the plugin reads comes to its end. */
  async stop(): Promise<number | null> {
    this.client.close();
    const ended: Promise<unknown[]> = once(this.process, "exit", { signal: AbortSignal.timeout(10_000) });
    this.process.stdin?.end();
    const [code]: readonly unknown[] = await ended.finally(() => this.process.kill("SIGKILL"));
    this.server.forceShutdown();
    return typeof code === "number" ? code : null;
  }
}

/** One call of the protocol; rejects with the plugin's own error. */
export function ask<Response>(
  call: (callback: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) =>
    call((error, response) => (error === null ? resolve(response) : reject(error))),
  );
}

function engineMethods(received: { readonly plugin?: Plugin }): UntypedServiceImplementation {
  return {
    log: answer((request: LogRequest) => {
      received.plugin?.logs.push(request.getMessage());
      return new Empty();
    }),
  };
}

function monitorMethods(received: { readonly plugin?: Plugin }): UntypedServiceImplementation {
  const supported = ["secrets", "resourceReferences", "outputValues", "aliasSpecs"];
  return {
    supportsFeature: answer((request: SupportsFeatureRequest) =>
      new SupportsFeatureResponse().setHassupport(supported.includes(request.getId())),
    ),
    registerResource: answer((request: RegisterResourceRequest) => {
      received.plugin?.registered.push({
        type: request.getType(),
        name: request.getName(),
        version: request.getVersion(),
        isCustom: request.getCustom(),
        inputs: request.getObject()?.toJavaScript() ?? {},
        dependencies: request.getDependenciesList(),
      });
      return new RegisterResourceResponse()
        .setUrn(urnOf(request.getType(), request.getName()))
        .setId(request.getCustom() ? `${request.getName()}-id` : "")
        .setObject(Struct.fromJavaScript({ ...request.getObject()?.toJavaScript(), ...made[request.getType()] }));
    }),
    registerResourceOutputs: answer(() => new Empty()),
  };
}

/** What the plugin's own resources add to their inputs. */
const made: Readonly<Record<string, Record<string, JavaScriptValue>>> = {
  "apisix-canary:index:Analysis": { outcome: "passed" },
  "apisix-canary:index:Promotion": {
    promoted: {
      revision: "0123456789",
      images: [{ container: "podinfod", image: "podinfo:6.0.1" }],
      at: "2026-01-01T00:00:00Z",
      verdict: "initialized",
      summary: "first revision",
    },
  },
  "apisix-canary:index:GeneratedKey": { value: "0123456789abcdef" },
  "apisix-canary:index:GeneratedCertificate": { certificate: "PEM", privateKey: "PEM" },
};

export function urnOf(type: string, name: string): string {
  return `urn:pulumi:dev::project::${type}::${name}`;
}

function answer<Request, Response>(make: (request: Request) => Response): handleUnaryCall<Request, Response> {
  return (call, callback) => callback(null, make(call.request));
}
