/** `apisix-canary dashboard`: a page on this machine that shows releases live. */
import { once } from "node:events";
import type { Releases } from "../releases.js";
import { Feed } from "./feed.js";
import { serve } from "./server.js";
import type { Page, Pages } from "./server.js";
import { listSections, pageOf, releaseSections, troubleOf } from "./views.js";
import type { Sections } from "./views.js";

export interface DashboardOptions {
  readonly releases: Releases;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** The release to begin with; undefined: all of them. */
  readonly name: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
  readonly say: (line: string) => void;
}

/**
 * Serves the dashboard until the signal.
 * @throws Error of one line where the cluster can't be asked, there is no such release, or the port is taken.
 */
export async function dashboard(options: DashboardOptions, signal: AbortSignal): Promise<void> {
  const { releases, namespace, name, port, say } = options;
  const feed = new Feed(releases, namespace, signal);
  if (name !== undefined && namespace !== undefined) await releases.get(namespace, name, signal);
  else await feed.list();
  const served = await serve(port, pagesOf(feed), signal);
  say(`${served.url}${name === undefined || namespace === undefined ? "" : `${namespace}/${name}`}`);
  say("Open this address in a browser of this machine; Ctrl-C ends it. Whoever knows it sees what you may see.");
  if (!signal.aborted) await once(signal, "abort");
  await served.close();
}

/** As Kubernetes names namespaces and objects: nothing else is ever asked of the API server. */
const place = /^([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)$/;

function pagesOf(feed: Feed): Pages {
  return (path, root) => {
    if (path === "") return listPage(feed, root);
    const [, namespace, name] = place.exec(path) ?? [];
    return namespace === undefined || name === undefined ? undefined : releasePage(feed, root, namespace, name);
  };
}

function listPage(feed: Feed, root: string): Page {
  const sections = guarded(async () =>
    listSections(await feed.list(), Date.now(), ({ namespace, name }) => `${root}/${namespace}/${name}`),
  );
  return {
    sections,
    html: async () =>
      pageOf({
        title: "Releases",
        up: "",
        events: `${root}/events`,
        script: `${root}/app.js`,
        sections: { releases: "", ...(await sections()) },
      }),
  };
}

const emptyRelease = { head: "", now: "", charts: "", decisions: "", commands: "", steps: "", events: "" };

function releasePage(feed: Feed, root: string, namespace: string, name: string): Page {
  const sections = guarded(async () => releaseSections(await feed.details(namespace, name), Date.now()));
  return {
    sections,
    html: async () =>
      pageOf({
        title: `${name}.${namespace}`,
        up: `${root}/`,
        events: `${root}/events/${namespace}/${name}`,
        script: `${root}/app.js`,
        sections: { ...emptyRelease, ...(await sections()) },
      }),
  };
}

/** What goes wrong is told on the page, which keeps what it last showed. */
function guarded(sections: () => Promise<Sections>): () => Promise<Sections> {
  return async () => {
    try {
      return { ...(await sections()), trouble: "" };
    } catch (error) {
      return { trouble: troubleOf(error instanceof Error ? error.message : "it can't be read") };
    }
  };
}
