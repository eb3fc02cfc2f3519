import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { V1ContainerStatus, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { expect } from "chai";
import { userIds } from "../../sandbox/machine/user-ids.js";

// What a real node enforces and refuses, the sandbox's does too: else a component that works here fails out there.

const namespace = "e2e-node";
const waitMs = 30_000;

/** What a program finds out about itself. */
const look = `
const fs = require("node:fs");
const can = (file) => { try { fs.writeFileSync(file, "x"); return true; } catch (error) { return error.code; } };
const status = fs.readFileSync("/proc/self/status", "utf8");
const field = (name) => new RegExp(name + ":\\\\s+(.*)").exec(status)[1];
console.log(JSON.stringify({
  uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(),
  root: can("/written"), tmp: can("/tmp/written"), scratch: can("/scratch/written"),
  config: can("/config/written"), text: fs.readFileSync("/config/key", "utf8"),
  capabilities: BigInt("0x" + field("CapBnd")).toString(2).replaceAll("0", "").length,
  effective: field("CapEff"), noNewPrivileges: field("NoNewPrivs"), home: process.env.HOME,
  scratchGroup: fs.statSync("/scratch").gid,
}));`;

interface Found {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly root: true | string;
  readonly tmp: true | string;
  readonly scratch: true | string;
  readonly config: true | string;
  readonly text: string;
  readonly capabilities: number;
  readonly effective: string;
  readonly noNewPrivileges: string;
  readonly home: string;
  readonly scratchGroup: number;
}

type Context = NonNullable<V1PodSpec["containers"][number]["securityContext"]>;

function specOf(container: Context, pod: V1PodSpec["securityContext"] = {}): V1PodSpec {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    securityContext: pod,
    containers: [
      {
        name: "app",
        image: "node:22-alpine",
        args: ["-e", look],
        securityContext: container,
        volumeMounts: [
          { name: "scratch", mountPath: "/scratch" },
          { name: "config", mountPath: "/config" },
        ],
      },
    ],
    volumes: [
      { name: "scratch", emptyDir: {} },
      { name: "config", configMap: { name: "settings" } },
    ],
  };
}

describe("the sandbox's node", () => {
  const config = new KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(CoreV1Api);
  let number = 0;

  before(async () => {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "settings" }, data: { key: "v" } } });
    await untilAccount();
  });
  after(() => core.deleteNamespace({ name: namespace }));

  async function untilAccount(): Promise<void> {
    while ((await core.listNamespacedServiceAccount({ namespace })).items.length === 0) await pause(50);
  }

  /** The pod when `isOver` says so. */
  async function run(spec: V1PodSpec, isOver: (pod: V1Pod) => boolean): Promise<V1Pod> {
    const name = `p${++number}`;
    await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } });
    const deadline = performance.now() + waitMs;
    for (;;) {
      const pod = await core.readNamespacedPod({ namespace, name });
      if (isOver(pod)) return pod;
      if (performance.now() > deadline) throw new Error(`${name}: ${JSON.stringify(pod.status)}`);
      await pause(100);
    }
  }

  const stateOf = (pod: V1Pod): V1ContainerStatus["state"] => pod.status?.containerStatuses?.[0]?.state;
  const hasEnded = (pod: V1Pod): boolean => stateOf(pod)?.terminated !== undefined;

  async function find(spec: V1PodSpec): Promise<Found> {
    const pod = await run(spec, hasEnded);
    const log = await core.readNamespacedPodLog({ namespace, name: pod.metadata?.name ?? "" });
    expect(stateOf(pod)?.terminated?.exitCode, log).to.equal(0);
    return JSON.parse(log) as Found;
  }

  /** What the pod waits for. */
  async function refused(spec: V1PodSpec): Promise<{ readonly reason: string; readonly message: string }> {
    const waits = (pod: V1Pod): boolean => /Error$/.test(stateOf(pod)?.waiting?.reason ?? "");
    const pod = await run(spec, waits);
    const { reason = "", message = "" } = stateOf(pod)?.waiting ?? {};
    const events = await core.listNamespacedEvent({
      namespace,
      fieldSelector: `involvedObject.uid=${pod.metadata?.uid}`,
    });
    expect(events.items.map((event) => event.message)).to.include(`Error: ${message}`);
    return { reason, message };
  }

  it("gives a program that asks for nothing the image's user, the usual capabilities, and files to write", async () => {
    const found = await find(specOf({}));
    expect(found).to.include({ uid: 0, root: true, tmp: true, scratch: true, home: "/root", noNewPrivileges: "0" });
    expect(found.capabilities).to.equal(14);
  });

  it("leaves a read-only root only its volumes to write to, and those of ConfigMaps to nobody", async () => {
    const found = await find(specOf({ readOnlyRootFilesystem: true }));
    expect(found).to.include({ root: "EROFS", tmp: "EROFS", scratch: true, config: "EROFS", text: "v" });
  });

  it("runs as the user and group that the pod asks for, without capabilities", async () => {
    const found = await find(specOf({}, { runAsUser: 636, runAsGroup: 637, runAsNonRoot: true }));
    expect(found).to.include({
      uid: 636,
      gid: 637,
      scratch: true,
      config: "EROFS",
      effective: "0000000000000000",
      home: "/",
    });
    // Without root there is one user id, and what belongs to root belongs to it.
    if (userIds() === "all") expect(found.root).to.equal("EACCES");
  });

  it("lets the container's own settings win over the pod's", async () => {
    const found = await find(specOf({ runAsUser: 1234 }, { runAsUser: 636, runAsGroup: 637 }));
    expect(found).to.include({ uid: 1234, gid: 637 });
  });

  it("gives volumes to the pod's group", async function () {
    if (userIds() === "one") this.skip();
    const found = await find(
      specOf({}, { runAsUser: 636, runAsGroup: 637, fsGroup: 2000, supplementalGroups: [3000] }),
    );
    expect(found.groups).to.include.members([2000, 3000]);
    expect(found).to.include({ scratchGroup: 2000, scratch: true, text: "v" });
  });

  it("drops and adds capabilities, and new privileges when told so", async () => {
    const none = await find(specOf({ capabilities: { drop: ["ALL"] }, allowPrivilegeEscalation: false }));
    expect(none).to.include({ capabilities: 0, effective: "0000000000000000", noNewPrivileges: "1" });
    const one = await find(specOf({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }));
    expect(one).to.include({ capabilities: 1, effective: "0000000000000400" });
  });

  it("refuses to run as root what must not", async () => {
    const image = await refused(specOf({ runAsNonRoot: true }));
    expect(image.reason).to.equal("CreateContainerConfigError");
    expect(image.message).to.match(/^container has runAsNonRoot and image will run as root \(pod: "p\d+_e2e-node\(/);
    const asked = await refused(specOf({ runAsUser: 0 }, { runAsNonRoot: true }));
    expect(asked.message).to.match(/^container's runAsUser breaks non-root policy/);
  });

  it("refuses a user that it can't know not to be root", async () => {
    const spec = specOf({ runAsNonRoot: true });
    const [container] = spec.containers;
    const named = { ...spec, containers: [{ ...container, name: "app", image: "prom/prometheus:v3.16.0" }] };
    expect((await refused(named)).message).to.contain(
      "image has non-numeric user (nobody), cannot verify user is non-root",
    );
  });

  it("refuses profiles and capabilities that it has not got", async () => {
    const profile = specOf({ seccompProfile: { type: "Localhost", localhostProfile: "mine.json" } });
    expect(await refused(profile)).to.include({ reason: "CreateContainerError" });
    expect((await refused(specOf({ capabilities: { add: ["MAGIC"] } }))).message).to.contain('"CAP_MAGIC"');
    await find(specOf({ seccompProfile: { type: "RuntimeDefault" } }));
  });

  it("refuses a pod that wants to set what others would feel", async () => {
    const sysctls = [{ name: "kernel.msgmax", value: "65536" }];
    const pod = await run(specOf({}, { sysctls }), ({ status }) => status?.phase === "Failed");
    expect(pod.status).to.include({ reason: "SysctlForbidden" });
  });

  it("leaves a pod waiting whose volume it can't mount, and says so", async () => {
    const spec = {
      ...specOf({}),
      volumes: [
        { name: "scratch", emptyDir: {} },
        { name: "config", secret: { secretName: "none" } },
      ],
    };
    const pod = await run(spec, (each) => stateOf(each)?.waiting?.reason === "ContainerCreating");
    const told = async (): Promise<readonly (string | undefined)[]> =>
      (await core.listNamespacedEvent({ namespace, fieldSelector: `involvedObject.uid=${pod.metadata?.uid}` })).items
        .filter(({ type }) => type === "Warning")
        .map(({ message }) => message);
    while ((await told()).length === 0) await pause(100);
    expect(await told()).to.deep.equal(['MountVolume.SetUp failed for volume "config" : secret "none" not found']);
  });

  it("kills what takes more memory than its limit", async () => {
    const greedy = "const all = []; setInterval(() => all.push(Buffer.alloc(16 << 20, 1)), 20);";
    const spec = specOf({});
    const [container] = spec.containers;
    const limited = { ...container, name: "app", args: ["-e", greedy], resources: { limits: { memory: "128Mi" } } };
    const pod = await run({ ...spec, containers: [limited] }, hasEnded);
    expect(stateOf(pod)?.terminated).to.include({ exitCode: 137, reason: "OOMKilled" });
  });

  it("probes a container as confined as its program is", async () => {
    const spec = specOf({ readOnlyRootFilesystem: true, runAsUser: 636 });
    const [container] = spec.containers;
    const probing = {
      ...container,
      name: "app",
      args: ["-e", "setInterval(() => {}, 1000)"],
      readinessProbe: {
        exec: { command: ["sh", "-c", 'test "$(id -u)" = 636 && ! touch /written'] },
        periodSeconds: 1,
      },
    };
    await run({ ...spec, containers: [probing] }, ({ status }) => status?.containerStatuses?.[0]?.ready === true);
  });
});
