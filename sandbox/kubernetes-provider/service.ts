// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { UntypedServiceImplementation, handleUnaryCall } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import {
  CheckResponse,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  PropertyDiff,
  ReadResponse,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import type {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { fromStruct, outputs, toStatus, toStruct } from "./answers.js";
import { isPatch } from "./apply.js";
import { checked, isAutonamed } from "./check.js";
import { changesBetween } from "./diff.js";
import type { Change } from "./diff.js";
import { EngineLog } from "./engine-log.js";
import { create, idOf, read, relinquish, remove, update } from "./operations.js";
import { configured } from "./provider.js";
import type { Provider } from "./provider.js";
import { liveInputs } from "./refresh.js";
import { plainObject, secretContents, secretsLike, textAt, toObject, withValue } from "./values.js";
import type { ValueObject } from "./values.js";

/** The version of the plugin this stands in for. */
const version = "4.34.0";

/** The gRPC methods of one provider process: the engine configures each process once. */
export class KubernetesProviderService {
  private readonly abort = new AbortController();
  private provider: Provider | undefined;

  constructor(private readonly log = new EngineLog(undefined)) {}

  /** For `Server.addService`; whatever is missing answers "unimplemented". */
  get methods(): UntypedServiceImplementation {
    return {
      getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
      cancel: unary(() => {
        this.abort.abort();
        return new Empty();
      }),
      checkConfig: unary((request: CheckRequest) => new CheckResponse().setInputs(request.getNews())),
      diffConfig: unary(diffConfig),
      configure: unary((request: ConfigureRequest) => this.configure(request)),
      check: unary((request: CheckRequest) => this.check(request)),
      diff: unary(diff),
      create: unary((request: CreateRequest) => this.create(request), propertiesOf),
      read: unary((request: ReadRequest) => this.read(request)),
      update: unary(
        (request: UpdateRequest) => this.update(request),
        (request) => fromStruct(request.getNews()),
      ),
      delete: unary((request: DeleteRequest) => this.delete(request)),
    };
  }

  private get ready(): Provider {
    this.provider ??= configured({}, this.abort.signal, this.log);
    return this.provider;
  }

  private configure(request: ConfigureRequest): ConfigureResponse {
    const variables: Record<string, string> = {};
    request.getVariablesMap().forEach((value, key) => (variables[key.replace(/^kubernetes:config:/, "")] = value));
    this.provider = configured(
      toObject({ ...variables, ...fromStruct(request.getArgs()) }),
      this.abort.signal,
      this.log,
    );
    return new ConfigureResponse().setAcceptsecrets(true).setAcceptresources(true).setSupportspreview(true);
  }

  private async check(request: CheckRequest): Promise<CheckResponse> {
    const { cluster, defaultNamespace } = this.ready;
    const inputs = await checked(
      {
        logicalName: request.getUrn().split("::").at(-1) ?? "",
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        seed: request.getRandomseed_asU8(),
        defaultNamespace,
      },
      cluster.discovery,
    );
    return new CheckResponse().setInputs(toStruct(inputs));
  }

  private async create(request: CreateRequest): Promise<CreateResponse> {
    const inputs = propertiesOf(request);
    const object = await create(this.ready.cluster, {
      urn: request.getUrn(),
      inputs: plainObject(inputs),
      isPreview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
    });
    const id = request.getPreview() ? "" : idOf(object);
    return new CreateResponse().setId(id).setProperties(toStruct(outputs(object, inputs)));
  }

  private async update(request: UpdateRequest): Promise<UpdateResponse> {
    const inputs = fromStruct(request.getNews());
    const object = await update(this.ready.cluster, {
      urn: request.getUrn(),
      inputs: plainObject(inputs),
      isPreview: request.getPreview(),
      timeoutSeconds: request.getTimeout(),
      ignored: request.getIgnorechangesList(),
    });
    return new UpdateResponse().setProperties(toStruct(outputs(object, inputs)));
  }

  private async read(request: ReadRequest): Promise<ReadResponse> {
    const oldInputs = fromStruct(request.getInputs());
    const old = propertiesOf(request);
    const live = await read(this.ready.cluster, identified(request, plainObject(old)));
    if (live === undefined) return new ReadResponse();
    const isImport = Object.keys(oldInputs).length === 0;
    const pruned = isImport ? importedInputs(live) : liveInputs(plainObject(oldInputs), live);
    const inputs = toObject(secretsLike(pruned, oldInputs));
    return new ReadResponse()
      .setId(idOf(live))
      .setProperties(toStruct(outputs(live, isImport ? old : oldInputs)))
      .setInputs(toStruct(secretContents(inputs)));
  }

  private async delete(request: DeleteRequest): Promise<Empty> {
    const { cluster } = this.ready;
    const urn = request.getUrn();
    const object = identified(request, plainObject(propertiesOf(request)));
    if (isPatch(urn, textAt(object, "kind"))) await relinquish(cluster, urn, object);
    else await remove(cluster, object, request.getTimeout(), urn);
    return new Empty();
  }
}

function propertiesOf(request: CreateRequest | ReadRequest | DeleteRequest): ValueObject {
  return fromStruct(request.getProperties());
}

/** The object that an id means: the state may say nothing yet (import, get). */
function identified(request: ReadRequest | DeleteRequest, state: ValueObject): ValueObject {
  const [first = "", second] = request.getId().split("/");
  const [, group = "", kind = ""] = /^kubernetes:(.*):([^:]*)$/.exec(typeOf(request.getUrn())) ?? [];
  const named = withValue(state, ["metadata", "name"], second ?? first);
  const placed = second === undefined ? named : withValue(named, ["metadata", "namespace"], first);
  return {
    ...placed,
    apiVersion: textAt(state, "apiVersion") ?? group.replace(/^core\//, ""),
    kind: textAt(state, "kind") ?? kind,
  };
}

function typeOf(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** What a program would have to say to get an imported object. */
function importedInputs(live: ValueObject): ValueObject {
  const ownedByTheServer = ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"];
  const cleaned = ownedByTheServer.reduce((object, key) => withValue(object, ["metadata", key], undefined), live);
  return withValue(cleaned, ["status"], undefined);
}

function diff(request: DiffRequest): DiffResponse {
  const oldInputs = plainObject(fromStruct(request.getOldInputs()));
  const newInputs = plainObject(fromStruct(request.getNews()));
  const changes = changesBetween(oldInputs, newInputs);
  const response = new DiffResponse().setHasdetaileddiff(true);
  response.setChanges(changes.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
  for (const change of changes) {
    response.getDetaileddiffMap().set(change.path, new PropertyDiff().setKind(diffKind(change)).setInputdiff(true));
  }
  response.setDiffsList([...new Set(changes.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? path))]);
  const replaces = changes.filter((change) => change.replaces).map(({ path }) => path);
  response.setReplacesList(replaces);
  // Two objects can't have one name at the same time.
  response.setDeletebeforereplace(replaces.length > 0 && !isAutonamed(newInputs) && isSamePlace(oldInputs, newInputs));
  return response;
}

function isSamePlace(left: ValueObject, right: ValueObject): boolean {
  return ["name", "namespace"].every((key) => textAt(left, "metadata", key) === textAt(right, "metadata", key));
}

function diffKind(change: Change): PropertyDiff.Kind {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = PropertyDiff.Kind;
  switch (change.kind) {
    case "add":
      return change.replaces ? ADD_REPLACE : ADD;
    case "delete":
      return change.replaces ? DELETE_REPLACE : DELETE;
    case "update":
      return change.replaces ? UPDATE_REPLACE : UPDATE;
  }
}

/** Another kubeconfig may well mean the same cluster: nothing is replaced for it. */
function diffConfig(request: DiffRequest): DiffResponse {
  const changes = changesBetween(
    plainObject(fromStruct(request.getOldInputs())),
    plainObject(fromStruct(request.getNews())),
  );
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  return new DiffResponse().setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
}

function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
  inputs: (request: Request) => ValueObject = () => ({}),
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toStatus(error, inputs(call.request))),
      );
  };
}
