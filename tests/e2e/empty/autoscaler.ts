/** The example in which somebody else scales. */
import { expect } from "chai";
import { deployment, eventually } from "../harness/cluster.js";
import { edited, exampleText } from "../harness/examples.js";
import { hurried, image, next, old } from "./walk.js";
import type { Walk } from "./walk.js";

/** @param walk without a release `shop` */
export function walkExternalAutoscaler(walk: () => Walk): void {
  it("external-autoscaler: the primary is its own, through a release and after it", async () => {
    const text = exampleText("external-autoscaler");
    await walk().shipped(text);
    const replicas = async (): Promise<number> => (await deployment("shop", "shop-primary")).replicas;
    await eventually("the autoscaler has its least", 60, async () => (await replicas()) === 3);
    await walk().promoted(edited(text, { ...hurried, [old]: next }), { host: "shop.example.com", perSecond: 40 });
    expect(await replicas()).to.equal(3);
    expect((await deployment("shop", "shop-primary")).image).to.equal(image(next));
  });
}
