// Stand-in for Apache APISIX 3.17: the pages that it answers errors with.

const TITLES = {
  502: "502 Bad Gateway",
  503: "503 Service Temporarily Unavailable",
  504: "504 Gateway Time-out",
} as const;

/** The HTML page of an error that no upstream made. */
export function errorPage(status: keyof typeof TITLES): string {
  const title = TITLES[status];
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n`;
}
