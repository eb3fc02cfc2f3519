// Stand-in for Apache APISIX 3.17: the pages that it answers errors with.

import { STATUS_CODES } from "node:http";

/** The name that the gateway gives itself. */
export const SERVER = "APISIX/3.17.0";

const TITLES = {
  301: "Moved Permanently",
  302: "Found",
  308: "Permanent Redirect",
  400: "Bad Request",
  414: "Request-URI Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
} as const;

export type PageStatus = keyof typeof TITLES;

/** The HTML page for a status that no upstream gave. */
export function page(status: PageStatus): string {
  const title = `${String(status)} ${TITLES[status]}`;
  const signature = '<p><em>Powered by <a href="https://apisix.apache.org/">APISIX</a>.</em></p>';
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>openresty</center>\r\n${signature}</body>\r\n</html>\r\n`;
}

export function hasPage(status: number): status is PageStatus {
  return status in TITLES;
}

/** nginx's own words after a status; for others those of everybody. */
export function reasonOf(status: number): string | undefined {
  return hasPage(status) && status !== 302 ? TITLES[status] : STATUS_CODES[status];
}
