import { expect } from "chai";
import fc from "fast-check";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { refusalOf } from "../../../sandbox/node/refusal.js";
import { confinementOf } from "../../../sandbox/node/security.js";

const accounts = {
  passwd: "root:x:0:0::/root:/bin/sh\napp:x:100:101::/home/app:/bin/sh\n",
  group: "root:x:0:\napp:x:101:\nextra:x:300:app,other\n",
};
const container = (securityContext: V1Container["securityContext"] = {}): V1Container => ({
  name: "c",
  securityContext,
});
const pod = (securityContext: NonNullable<V1Pod["spec"]>["securityContext"] = {}): V1Pod => ({
  metadata: { name: "p", namespace: "n", uid: "u" },
  spec: { containers: [], securityContext },
});

describe("what security contexts allow", () => {
  it("is the image's own user where nothing is said: by name, number, or root", () => {
    const own = (user: string) => confinementOf(pod(), container(), user, accounts);
    expect(own("app")).to.include({ user: 100, group: 101, home: "/home/app" });
    expect(own("app").groups).to.deep.equal([300]);
    expect(own("app:extra")).to.include({ user: 100, group: 300 });
    expect(own("100:7")).to.include({ user: 100, group: 7, home: "/home/app" });
    expect(own("4711")).to.include({ user: 4711, group: 0, home: "/" });
    expect(own("")).to.include({ user: 0, group: 0, home: "/root" });
    expect(() => own("nobody")).to.throw("unable to find user nobody");
    expect(() => own("app:none")).to.throw("unable to find group none");
  });

  it("takes groups from the pod, and from the image only where the pod does not forbid it", () => {
    const given = { fsGroup: 9, supplementalGroups: [8] };
    expect(confinementOf(pod(given), container(), "app", accounts).groups).to.deep.equal([300, 8, 9]);
    const strict = { ...given, supplementalGroupsPolicy: "Strict" };
    expect(confinementOf(pod(strict), container(), "app", accounts).groups).to.deep.equal([8, 9]);
  });

  it("lets the container's settings win over the pod's, and a user asked for over the image's", () => {
    const users = fc.option(fc.integer({ min: 1, max: 70_000 }), { nil: undefined });
    fc.assert(
      fc.property(users, users, fc.constantFrom("app", "", "4711"), (own, all, image) => {
        const found = confinementOf(
          pod(all === undefined ? {} : { runAsUser: all }),
          container(own === undefined ? {} : { runAsUser: own }),
          image,
          accounts,
        );
        const images = { app: 100, "": 0, "4711": 4711 }[image];
        expect(found.user).to.equal(own ?? all ?? images);
      }),
    );
  });

  it("never lets anything run as root that must not", () => {
    const users = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
    fc.assert(
      fc.property(users, users, fc.constantFrom("app", "", "0", "root", "4711", "0:0"), (own, all, image) => {
        try {
          const context = { runAsNonRoot: true, ...(own === undefined ? {} : { runAsUser: own }) };
          const found = confinementOf(
            pod(all === undefined ? {} : { runAsUser: all }),
            container(context),
            image,
            accounts,
          );
          expect(found.user).to.be.greaterThan(0);
        } catch (error) {
          expect(String(error))
            .to.match(/non-root|runAsNonRoot|AssertionError/)
            .and.not.match(/AssertionError/);
        }
      }),
    );
  });

  it("counts capabilities from the usual ones, from none, or from all", () => {
    const of = (capabilities: { add?: string[]; drop?: string[] }) =>
      confinementOf(pod(), container({ capabilities }), "", accounts).capabilities;
    expect(of({})).to.have.length(14);
    expect(of({ drop: ["KILL"], add: ["CAP_NET_ADMIN"] }))
      .to.include("net_admin")
      .and.not.include("kill");
    expect(of({ drop: ["ALL"] })).to.deep.equal([]);
    expect(of({ add: ["ALL"], drop: ["SYS_ADMIN"] }))
      .to.include("sys_time")
      .and.not.include("sys_admin");
    expect(() => of({ add: ["NONE"] })).to.throw('unknown capability "CAP_NONE"');
  });

  it("keeps a pod off the node that would change what others feel, or share what is the node's", () => {
    const sysctl = (name: string) => refusalOf(pod({ sysctls: [{ name, value: "1" }] }))?.reason;
    expect(sysctl("net.ipv4.tcp_syncookies")).to.equal(undefined);
    expect(sysctl("net.core.somaxconn")).to.equal("SysctlForbidden");
    expect(refusalOf({ spec: { containers: [], hostNetwork: true } })?.message).to.contain("spec.hostNetwork");
  });
});
