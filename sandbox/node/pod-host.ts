// Stand-in for a kubelet: what a pod needs of the node that it runs on.
import type { V1Pod } from "@kubernetes/client-node";
import type { Image } from "../images/index.js";
import type { PodEvent } from "./events.js";
import type { AddressPool } from "./network.js";
import type { StatusJson } from "./status.js";
import type { VolumeSource } from "./volumes.js";

export interface PodHost {
  /** Name of the sandbox. */
  readonly sandbox: string;
  readonly folder: string;
  readonly addresses: AddressPool;
  readonly source: VolumeSource;
  /** The program of an image; throws with the reason where it can't be had. */
  image(reference: string): Promise<Image>;
  tell(pod: V1Pod, event: PodEvent): void;
  writeStatus(pod: V1Pod, status: StatusJson): Promise<void>;
  /** The pod's object may go: nothing of it runs any more. */
  forget(pod: V1Pod): Promise<void>;
}
