import http from "node:http";

export interface Served {
  /** Whether the kubelet may leave this pod as it is. */
  readonly isAlive: () => boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

/** Answers the kubelet on every path, and Prometheus on `/metrics`; whoever asks can change nothing. */
export function serve(port: number, { isAlive, metrics }: Served): http.Server {
  const server = http.createServer((request, response) => {
    if (new URL(request.url ?? "/", "http://pod").pathname !== "/metrics") {
      response.writeHead(isAlive() ? 200 : 503).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  return server.listen(port);
}
