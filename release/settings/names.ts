import { z } from "zod";

/** Lower case letters, digits and '-', as Kubernetes wants namespaces, containers and most names. */
export const dnsLabel = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label: lower case letters, digits and '-'");

/** A DNS label that begins with a letter, as Services must. */
export const serviceLabel = dnsLabel.regex(/^[a-z]/, "must begin with a letter: Services are named after it");

/** Labels joined by dots: names of ApisixRoutes, ConfigMaps, classes. */
export const objectName = z
  .string()
  .max(253, "must have at most 253 characters")
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, "must be an object name");

/** Text that is shown to people in logs, Events and reports: no line of its own, no control characters. */
export const oneLine = z
  .string()
  .min(1, "must not be empty")
  .max(100, "must have at most 100 characters")
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "must be one line without control characters");

/** http or https: what the runtime can ask. A user name and password in it are kept secret like the whole URL. */
export const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** What an HTTP header may be: anything else could begin another header. */
export const httpHeaders = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be a header name"),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be one line"),
);

/** What the names of a gateway's metrics begin with. */
export const metricPrefix = z
  .string()
  .max(100, "must have at most 100 characters")
  .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be the beginning of a metric's name: letters, digits, '_' and ':'");
