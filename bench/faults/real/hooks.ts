import http from "node:http";

/** Of the sandbox's machine, where this program runs. */
const address = "10.244.0.1";

/** A webhook server that may stop answering. */
export interface Hooks {
  /** URL for the release `key`; its webhooks' types are the paths below. */
  urlOf(key: string): string;
  /** From now on, or from now on no more, requests of this release stay without an answer. */
  hang(key: string, hanging: boolean): void;
  stop(): void;
}

export async function startHooks(): Promise<Hooks> {
  const hanging = new Set<string>();
  const server = http.createServer((request, response) => {
    request.resume();
    const key = request.url?.split("/")[1] ?? "";
    if (!hanging.has(key)) response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  const port = typeof bound === "object" ? bound?.port : undefined;
  return {
    urlOf: (key) => `http://${address}:${String(port)}/${key}`,
    hang: (key, value) => void (value ? hanging.add(key) : hanging.delete(key)),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
