/** What the fleet's program and the world around it agree on. */
export const fakeNode = "bench-node";
export const prometheusPort = 19_090;
export const checkIntervalSeconds = 2;
export const scrapeSeconds = 2;
/** Users of each release. */
export const requestsPerSecond = 20;
