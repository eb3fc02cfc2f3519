/** Kubeconfigs as kubectl reads them, login commands and OpenID Connect included: all that we use of the client library. */
export { KubeConfig } from "@kubernetes/client-node";
