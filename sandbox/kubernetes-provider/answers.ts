// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { Metadata, status } from "@grpc/grpc-js";
import type { ServiceError, StatusObject } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb.js";
import { Status } from "@pulumi/pulumi/proto/status_pb.js";
import { Any } from "google-protobuf/google/protobuf/any_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { NotReadyError } from "./failures.js";
import { idOf } from "./operations.js";
import { isList, isObject, secretContents, secretsLike, toObject } from "./values.js";
import type { Value, ValueObject } from "./values.js";

export function fromStruct(struct: Struct | undefined): ValueObject {
  return toObject(struct?.toJavaScript());
}

export function toStruct(object: ValueObject): Struct {
  return Struct.fromJavaScript(mutable(object));
}

function mutable(object: ValueObject): Record<string, JavaScriptValue> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, mutableValue(value)]));
}

function mutableValue(value: Value): JavaScriptValue {
  if (isList(value)) return value.map(mutableValue);
  return isObject(value) ? mutable(value) : value;
}

/** An object as outputs: what was secret in the inputs stays secret. */
export function outputs(object: ValueObject, inputs: ValueObject): ValueObject {
  const marked = secretsLike(object, inputs);
  return secretContents(isObject(marked) ? marked : object);
}

/** The error as the engine understands it; an object that isn't ready travels along. */
export function toStatus(error: unknown, inputs: ValueObject): Partial<StatusObject> & Pick<ServiceError, "message"> {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new Metadata();
  if (error instanceof NotReadyError) {
    const detail = new ErrorResourceInitFailed();
    detail.setId(idOf(error.object));
    detail.setProperties(toStruct(outputs(error.object, inputs)));
    detail.setInputs(toStruct(inputs));
    detail.setReasonsList([...error.reasons]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const response = new Status();
    response.setCode(status.UNKNOWN);
    response.setMessage(message);
    response.addDetails(any);
    metadata.add("grpc-status-details-bin", Buffer.from(response.serializeBinary()));
  }
  return { code: status.UNKNOWN, details: message, message, metadata };
}
