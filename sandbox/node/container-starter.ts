// Stand-in for a kubelet: what one container of a pod is started with.
import path from "node:path";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { accountsOf } from "../images/index.js";
import type { Image } from "../images/index.js";
import { RunningContainer } from "./container.js";
import { environmentOf } from "./environment.js";
import { MemoryGroup } from "./memory-group.js";
import type { PodNetwork } from "./network.js";
import type { PodHost } from "./pod-host.js";
import type { ProcessRecord } from "./record.js";
import { confinementOf, requireProfiles } from "./security.js";
import type { Confinement } from "./security.js";
import { bytesOf } from "./status.js";

export interface StarterOptions {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly image: Image;
  readonly network: PodNetwork;
  /** The pod's. */
  readonly folder: string;
  readonly host: Pick<PodHost, "sandbox" | "source">;
}

export class ContainerStarter {
  constructor(private readonly options: StarterOptions) {}

  /** @throws CannotCreate where a kubelet would not */
  async start(): Promise<RunningContainer> {
    const { pod, container, image, network, folder, host } = this.options;
    const confinement = this.confinement();
    return RunningContainer.start({
      container,
      image,
      confinement,
      env: await environmentOf(pod, container, image.env, confinement.home, network.ip, host.source),
      networkPid: network.pid,
      root: path.join(folder, "roots", container.name),
      podVolumes: pod.spec?.volumes ?? [],
      volumes: path.join(folder, "volumes"),
      files: folder,
      log: path.join(folder, "logs", `${container.name}.log`),
      memory: this.limitedMemory(),
    });
  }

  /** Goes on with what an earlier agent started. */
  adopt(process: ProcessRecord): RunningContainer {
    const memory = MemoryGroup.find(this.options.host.sandbox, this.id);
    return RunningContainer.adopt(process, this.options.image, this.confinement(), memory);
  }

  private confinement(): Confinement {
    const { pod, container, image } = this.options;
    requireProfiles(pod, container);
    return confinementOf(pod, container, image.user, accountsOf(image.files));
  }

  private get id(): string {
    return `${this.options.pod.metadata?.uid}-${this.options.container.name}`;
  }

  private limitedMemory(): MemoryGroup | undefined {
    const limitBytes = bytesOf(this.options.container.resources?.limits?.["memory"]);
    return limitBytes === undefined ? undefined : MemoryGroup.create(this.options.host.sandbox, this.id, limitBytes);
  }
}
