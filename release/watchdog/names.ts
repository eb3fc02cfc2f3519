/** Names of our contract with the cluster; the same as in `release/model`, which this program can't import. */
export const fieldManager = "apisix-canary";
export const releasesPath = "/apis/apisix-canary.io/v1";
export const fenceAnnotation = "apisix-canary.io/fence";
export const abortAnnotation = "apisix-canary.io/abort";
export const revisionAnnotation = "apisix-canary.io/revision";
